import type { DicomDataSet } from "../encodeDicom";

/** A code of a terminology, with its meaning. */
interface Code {
  readonly value: string;
  readonly scheme: string;
  readonly meaning: string;
}

const ABNORMAL_STRUCTURE = sct("49755003", "Morphologically Abnormal Structure");
const TISSUE = sct("85756007", "Tissue");
const ANATOMY = sct("123037004", "Anatomical Structure");

/** What classes of chest CT are called in SNOMED CT and DICOM, by our name in lower case. */
const KNOWN: Readonly<Record<string, readonly [category: Code, type: Code]>> = {
  "ground-glass opacity": [
    ABNORMAL_STRUCTURE,
    { value: "112120", scheme: "DCM", meaning: "Ground glass opacity" },
  ],
  consolidation: [ABNORMAL_STRUCTURE, sct("95436008", "Lung consolidation")],
  "pleural effusion": [ABNORMAL_STRUCTURE, sct("60046008", "Pleural effusion")],
  lesion: [ABNORMAL_STRUCTURE, sct("52988006", "Lesion")],
  lung: [ANATOMY, sct("39607008", "Lung")],
};

function sct(value: string, meaning: string): Code {
  return { value, scheme: "SCT", meaning };
}

/** A code as DICOM writes it: one item of a code sequence. */
export function codeItem({ value, scheme, meaning }: Code): DicomDataSet {
  return {
    "00080100": ["SH", value],
    "00080102": ["SH", scheme],
    "00080104": ["LO", meaning],
  };
}

/** A code of DICOM's own terminology. */
export function dicomCode(value: string, meaning: string): DicomDataSet {
  return codeItem({ value, scheme: "DCM", meaning });
}

/**
 * Category and type of a class. A class that is in no terminology here gets a private code (scheme
 * 99LAYERBOOK) whose meaning is its name, in the category "Tissue".
 */
export function segmentCodes(
  className: string,
  label: number,
): { readonly category: DicomDataSet; readonly type: DicomDataSet } {
  const [category, type] = KNOWN[className.toLowerCase()] ?? [
    TISSUE,
    { value: `CLASS${label}`, scheme: "99LAYERBOOK", meaning: className.slice(0, 64) },
  ];
  return { category: codeItem(category), type: codeItem(type) };
}
