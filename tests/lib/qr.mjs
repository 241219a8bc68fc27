/*
 * Reads QR codes as a scanner does.
 */
import jsqr from 'jsqr';
import { PNG } from 'pngjs';

/** What the code in a PNG says, or undefined. */
export function scan(bytes) {
  const { width, height, data } = PNG.sync.read(bytes);
  return jsqr(new Uint8ClampedArray(data), width, height)?.data;
}
