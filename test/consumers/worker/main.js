const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });

/** One training step, in the worker: the page stays responsive. */
globalThis.trainOneStep = (backend) =>
  new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.postMessage(backend);
  });
