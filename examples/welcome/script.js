/* Feeds the two live parts of the page. Without it they are an iframe and a plain form. */
const screen = document.getElementById('stream');
const again = document.getElementById('stream-again');
const form = document.getElementById('upload');
const result = document.getElementById('upload-result');
const file = document.getElementById('file');

async function showStream() {
  again.disabled = true;
  screen.textContent = '';
  try {
    const response = await fetch('stream');
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      screen.append(value);
    }
  } catch (error) {
    screen.append(`${error.message}\n`);
  }
  again.disabled = false;
}

async function upload(event) {
  event.preventDefault();
  const body = file.files[0] ?? document.getElementById('text').value;
  const began = performance.now();
  result.textContent = 'Uploading…';
  try {
    const response = await fetch('upload', { method: 'PUT', body });
    const { bytes, sha256 } = await response.json();
    const took = Math.round(performance.now() - began);
    result.textContent = `${bytes.toLocaleString('en')} bytes arrived, in ${took} ms\nSHA-256 ${sha256}`;
  } catch (error) {
    result.textContent = `The upload failed: ${error.message}`;
  }
}

again.hidden = false;
document.querySelector('.needs-script').hidden = false;
again.addEventListener('click', showStream);
form.addEventListener('submit', upload);
showStream();
