/** What a test file came to. */
export interface TestFileResult {
  passed: number;
  failed: number;
  skipped: number;
  output: string;
  seconds: number;
}

export function runTestFile(path: string, patience: number): Promise<TestFileResult>;
