"""The sweep's own parameters."""

import unittest

from template import HERE, RESOURCES, TEMPLATE


class Runs(unittest.TestCase):
    def test_a_sweep_starts_as_many_runs_as_the_parameter_says(self):
        parameter = TEMPLATE["Parameters"]["SweepRuns"]
        self.assertEqual(RESOURCES["SweepFunction"]["Properties"]["Environment"]["Variables"]["SWEEP_RUNS"], {"Ref": "SweepRuns"})
        read = f'number("SWEEP_RUNS", {parameter["MinValue"]}, {parameter["MaxValue"]}, {parameter["Default"]})'
        self.assertIn(read, (HERE.parent / "functions/sweep/src/config.rs").read_text())


if __name__ == "__main__":
    unittest.main()
