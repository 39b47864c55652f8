"""Jupyter's public conformance suite on this kernel. Run by conformance.test.ts; exits with 0 where
every test passed and none was skipped. KERNEL_NODE and KERNEL_SCRIPT say what to start."""

import json
import os
import sys
import tempfile
import unittest
from pathlib import Path

NAME = "layerbook-conformance"

data = Path(tempfile.mkdtemp())
spec = data / "kernels" / NAME
spec.mkdir(parents=True)
(spec / "kernel.json").write_text(
    json.dumps(
        {
            "argv": [os.environ["KERNEL_NODE"], os.environ["KERNEL_SCRIPT"], "{connection_file}"],
            "display_name": "conformance",
            "language": "typescript",
            "interrupt_mode": "message",
        }
    )
)
os.environ["JUPYTER_PATH"] = str(data)
os.environ["LAYERBOOK_HISTORY"] = str(data / "history.jsonl")

import jupyter_client.manager  # noqa: E402
import jupyter_kernel_test  # noqa: E402

# The suite asks what comes back, not how soon: a busy machine may be later than its minute for a kernel
# and its 15 s for a reply.
PATIENCE = 300
jupyter_client.manager.start_new_kernel.__defaults__ = (PATIENCE, "python")
jupyter_kernel_test.TIMEOUT = PATIENCE


class Conformance(jupyter_kernel_test.KernelTests):
    kernel_name = NAME

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The first cell waits for the toolkit and its types.
        cls.kc.execute("0", reply=True, timeout=PATIENCE)

    def execute_helper(self, code, timeout=PATIENCE, **options):
        """A cell's messages. Each of them is due, so waiting longer than the suite's 0.1 s hides nothing."""
        channel = self.kc.iopub_channel
        get_msg = channel.get_msg
        channel.get_msg = lambda timeout=None: get_msg(timeout=PATIENCE)
        try:
            return super().execute_helper(code, timeout, **options)
        finally:
            channel.get_msg = get_msg

    language_name = "typescript"
    file_extension = ".ts"
    code_hello_world = "console.log('hello, world')"
    code_stderr = "console.error('oh')"
    code_page_something = "Math.max?"
    code_generate_error = "throw new Error('as asked')"
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": "'a' + 'b'", "result": "'ab'"},
        {"code": "await Promise.resolve([1, 2])", "result": "[ 1, 2 ]"},
        {"code": "({ a: new Map([[1, 'x']]) })", "result": "{ a: Map(1) { 1 => 'x' } }"},
    ]
    code_display_data = [
        {"code": "await display({ [Symbol.for('Jupyter.display')]: () => ({ 'text/html': '<b>x</b>' }) })", "mime": "text/html"},
        {"code": "import * as tslab from 'tslab'; tslab.display.markdown('*x*')", "mime": "text/markdown"},
    ]
    completion_samples = [
        {"text": "Number.MAX_S", "matches": {"MAX_SAFE_INTEGER"}},
        {"text": "const somewhere = 1; somewh", "matches": {"somewhere"}},
    ]
    complete_code_samples = ["1 + 1", "for (const x of [1]) {\n}", "await (null)", "const a: number = 1", ""]
    incomplete_code_samples = ["for (const x of [1]) {", "f(1,", "const a =", "`template", "/* comment", "[1, 2"]
    invalid_code_samples = ["const = 1", "1 +* 2", "}", "f(]"]
    code_history_pattern = "6 * ?"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "Math.max"
    code_clear_output = "clearOutput()"


class Welcome(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = NAME
    support_iopub_welcome = True


if __name__ == "__main__":
    loader = unittest.defaultTestLoader
    suite = unittest.TestSuite(loader.loadTestsFromTestCase(case) for case in (Conformance, Welcome))
    result = unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(suite)
    sys.exit(0 if result.wasSuccessful() and not result.skipped and result.testsRun > 0 else 1)
