/** The factor VOIRS_TEST_PATIENCE, 1 by default. @throws Error when it is not a positive number. */
export function patience(): number;
