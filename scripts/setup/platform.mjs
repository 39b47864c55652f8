// @ts-check
import fs from "node:fs";
import { SetupFailure } from "./failure.mjs";
import { probe, which } from "./shell.mjs";

/**
 * The properties of the machine that matter to set-up.
 *
 * @typedef {object} Machine
 * @property {string} platform
 * @property {string} arch
 * @property {boolean} isTested whether layerbook is tested on this kind of machine
 */

/**
 * @param {string} platform
 * @param {string} arch
 * @param {boolean} [isMusl] whether the C library is musl, for which TensorFlow has no wheel
 * @returns {Machine}
 * @throws {SetupFailure} if TensorFlow has no wheel for it
 */
export function describeMachine(platform, arch, isMusl = false) {
  if (platform === "win32") {
    throw new SetupFailure(
      "Windows itself is not supported",
      "Use WSL (`wsl --install`), clone into its own file system and run set-up there.",
    );
  }
  const kind = `${platform} ${arch}`;
  if (!["linux x64", "linux arm64", "darwin arm64"].includes(kind)) {
    throw new SetupFailure(
      `TensorFlow has no wheel for ${kind}`,
      "Use Linux on x86-64 (tested), Linux on arm64 or macOS on Apple silicon (both untested).",
    );
  }
  if (isMusl) {
    throw new SetupFailure(
      "TensorFlow has no wheel for musl (Alpine)",
      "Use a distribution with glibc, such as Debian, Ubuntu or Fedora.",
    );
  }
  return { platform, arch, isTested: kind === "linux x64" };
}

/** Whether this machine's C library is musl. */
export function usesMusl() {
  return (
    process.platform === "linux" &&
    fs.existsSync("/lib") &&
    fs.readdirSync("/lib").some((name) => /^ld-musl-/.test(name)) &&
    !fs
      .readdirSync("/lib")
      .some((name) => /^ld-linux|^x86_64-linux-gnu$|^aarch64-linux-gnu$/.test(name))
  );
}

/**
 * Whether to install TensorFlow's CUDA wheel: as `LAYERBOOK_ENGINE` says, or else if an NVIDIA driver responds.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {boolean}
 */
export function wantsGpu(env) {
  const choice = env.LAYERBOOK_ENGINE ?? "";
  if (choice === "gpu") return true;
  if (choice === "cpu") return false;
  if (choice !== "") {
    throw new SetupFailure(
      `LAYERBOOK_ENGINE: expected cpu or gpu, got ${choice}`,
      "Unset it to let set-up look for an NVIDIA driver by itself.",
    );
  }
  const smi = which("nvidia-smi", env);
  return smi !== null && /^GPU \d+:/m.test(probe(smi, ["-L"], { env, timeout: 20_000 }).stdout);
}

/**
 * The command that installs something with the system's package manager.
 *
 * @param {"compiler" | "venv" | "python" | "otherPython"} what `otherPython`: a Python other than the system's
 * @param {string} platform
 * @param {string} [osRelease] the text of /etc/os-release
 * @param {string} [pythonVersion] of the Python in use, for Debian's package name
 */
export function installHint(what, platform, osRelease = readOsRelease(), pythonVersion = "3") {
  if (platform === "darwin") {
    return what === "compiler" ? "`xcode-select --install`" : "`brew install python@3.12`";
  }
  if (what === "otherPython") {
    const isFedora = /\b(fedora|rhel|centos)\b/.test(osRelease);
    return isFedora
      ? "`sudo dnf install python3.12`"
      : "pyenv (`pyenv install 3.12 && pyenv global 3.12`) or conda (`conda create -n layerbook python=3.12 && conda activate layerbook`)";
  }
  const minor = pythonVersion.split(".").slice(0, 2).join(".");
  if (/\b(debian|ubuntu)\b/.test(osRelease)) {
    const names = { compiler: "g++", venv: `python${minor}-venv`, python: "python3 python3-venv" };
    return `\`sudo apt-get install ${names[what]}\``;
  }
  if (/\b(fedora|rhel|centos)\b/.test(osRelease)) {
    return `\`sudo dnf install ${what === "compiler" ? "gcc-c++" : "python3"}\``;
  }
  return {
    compiler: "the package with g++ or clang++ from your system's package manager",
    venv: "the package with Python's venv module from your system's package manager",
    python: "Python with your system's package manager, pyenv or conda",
  }[what];
}

function readOsRelease() {
  try {
    return fs.readFileSync("/etc/os-release", "utf8");
  } catch {
    return "";
  }
}
