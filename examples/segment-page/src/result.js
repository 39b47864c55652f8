import { classColour, sliceViewer } from "layerbook/viz";
import { encodeMaskPng, encodeNifti, labelsToVolume, lesionShares } from "layerbook/web";

const byId = (id) => document.getElementById(id);
const percent = (value) => (value === null ? "not known" : `${value.toFixed(1)} %`);

/** Shows masks: a table of shares, the viewer, and a link that saves the mask. */
export function showResult(scan, masks, classNames) {
  const shares = lesionShares(scan.cases, masks, classNames, scan.grid);
  byId("shares").replaceChildren(...shares.map(rowOf));
  byId("notes").replaceChildren(
    ...scan.notes.map((note) => Object.assign(document.createElement("li"), { textContent: note })),
  );
  const cases = scan.cases.map((item, index) => ({
    ...item,
    masks: [{ title: "Prediction", labels: masks[index] }],
  }));
  const html = sliceViewer(cases, { classNames }).toHtml();
  // Scripts in a fragment run when it is inserted; those in innerHTML do not.
  byId("viewer").replaceChildren(document.createRange().createContextualFragment(html));
  linkMask(scan, masks);
  byId("result").hidden = false;
  byId("result-title").focus();
}

function rowOf({ label, name, percentOfLungs, percentOfSlices, millilitres }) {
  const row = document.createElement("tr");
  const head = Object.assign(document.createElement("th"), { scope: "row" });
  const swatch = Object.assign(document.createElement("span"), { className: "swatch" });
  swatch.style.background = classColour(label);
  head.append(swatch, name);
  const volume = millilitres === null ? "not known" : `${millilitres.toFixed(1)} ml`;
  const cells = [percent(percentOfLungs), percent(percentOfSlices), volume].map((text) =>
    Object.assign(document.createElement("td"), { textContent: text }),
  );
  row.append(head, ...cells);
  return row;
}

/** A volume's mask is saved as NIfTI on the scan's own grid, a picture's as a palette PNG. */
function linkMask({ cases, grid }, masks) {
  const link = byId("save");
  const [name, bytes] =
    grid === null
      ? [`${cases[0].id}-mask.png`, encodeMaskPng(masks[0])]
      : ["mask.nii", encodeNifti("mask.nii", labelsToVolume(masks, grid))];
  if (link.href !== "") URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(new Blob([bytes]));
  link.download = name;
  link.textContent = masks.length > 1 && grid === null ? `Save the first mask` : "Save the mask";
}
