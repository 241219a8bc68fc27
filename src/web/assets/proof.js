/* Forms with a proof of work (domain/proof.h): when one is sent, a worker looks for the proof first. */
for (const form of document.forms)
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (form.ariaBusy) return; // it is being sent
    form.ariaBusy = 'true';
    const worker = new Worker(new URL('proof-worker.js', import.meta.url), { type: 'module' });
    const { stamp, email, proof, proof_bits: bits } = form.elements;
    worker.onmessage = ({ data }) => {
      proof.value = data;
      form.submit();
    };
    worker.onerror = () => form.submit(); // the answer says what lacks
    worker.postMessage({ about: `${stamp.value}\n${email.value}`, bits: Number(bits.value) });
  });

/* A page that comes back out of the history can be sent again. */
addEventListener('pageshow', () => {
  for (const form of document.forms) form.ariaBusy = null;
});
