/** A path's last component, `b.nii` of `a/b.nii`; not from `node:path`, which a browser does not have. */
export function baseName(path: string): string {
  return (
    path
      .replace(/[/\\]+$/, "")
      .split(/[/\\]/)
      .at(-1) ?? path
  );
}
