/* The copy button, for browsers that run scripts; without one, the field can be selected. */
const link = document.getElementById('link');
const copy = document.getElementById('copy');
const copied = document.getElementById('copied');

copy.hidden = false;
copy.addEventListener('click', async () => {
  try {
    await navigator.clipboard.writeText(link.value);
  } catch {
    link.select();
    document.execCommand('copy');
  }
  copied.hidden = false;
});
