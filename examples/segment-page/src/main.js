import { LayerbookError, loadSegmenter, readScan } from "layerbook/web";
import { startBackend } from "./backend.js";
import { droppedFiles, inMemory } from "./files.js";
import { showResult } from "./result.js";

// The output of `npx layerbook export RUN --to web --output public/model`; `?model=` selects another.
const modelAddress = new URLSearchParams(location.search).get("model") ?? "./model";

const byId = (id) => document.getElementById(id);
const say = (text) => (byId("status").textContent = text);
let stop = new AbortController();
let model = null;
let running = Promise.resolve();

/** The model, loaded once per backend, since its weights are stored in the backend. */
async function segmenter(backend) {
  if (model?.backend === backend) return model.segmenter;
  model?.segmenter.dispose();
  model = null;
  const name = await startBackend(backend);
  say(`Loading the model for ${name} …`);
  model = { backend, name, segmenter: await loadSegmenter(modelAddress) };
  return model.segmenter;
}

async function run(files, { signal }) {
  byId("error").textContent = "";
  byId("result").hidden = true;
  say("Reading …");
  const scan = await readScan(await inMemory(files));
  const loaded = await segmenter(byId("backend").value);
  const count = scan.cases.length;
  const bar = byId("progress");
  Object.assign(bar, { max: count, value: 0 });
  byId("working").hidden = false;
  say(count === 1 ? "Segmenting 1 slice …" : `Segmenting ${count} slices …`);
  const start = performance.now();
  let first = null;
  const masks = await loaded.segment(scan.cases, {
    signal,
    onProgress(done) {
      first ??= performance.now() - start;
      bar.value = done;
    },
  });
  const seconds = (time) => `${(time / 1000).toFixed(1)} s`;
  say(
    `${count === 1 ? "1 slice" : `${count} slices`} on ${model.name}: first mask after ${seconds(first)}, all after ${seconds(performance.now() - start)}.`,
  );
  showResult(scan, masks, loaded.preprocessing.classNames);
}

/** Segments one scan at a time: a new one stops the previous one. */
async function begin(files) {
  if (files.length === 0) return;
  stop.abort(new DOMException("Stopped.", "AbortError"));
  const mine = (stop = new AbortController());
  await running;
  running = run(files, mine).catch((error) => {
    say("");
    if (error.name === "AbortError") say("Stopped.");
    else byId("error").textContent = readable(error);
  });
  await running;
  byId("working").hidden = true;
}

/** An error as text: ours say what is wrong and what to do; others are shown unchanged. */
function readable(error) {
  if (!(error instanceof LayerbookError)) return `Something went wrong: ${error.message}`;
  const remedy = error.remedy === undefined ? "" : ` ${error.remedy.replace(/\.?$/, ".")}`;
  return `${error.where}: expected ${error.expected}, but got ${error.got}.${remedy}`;
}

byId("form").addEventListener("submit", (event) => event.preventDefault());
byId("files").addEventListener("change", ({ target }) => begin([...target.files]));
byId("cancel").addEventListener("click", () => stop.abort(new DOMException("", "AbortError")));
const drop = byId("drop");
for (const name of ["dragenter", "dragover"]) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
drop.addEventListener("dragleave", () => drop.classList.remove("over"));
drop.addEventListener("drop", async (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  await begin(await droppedFiles(event.dataTransfer));
});
