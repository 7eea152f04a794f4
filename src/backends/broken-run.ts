// The error of a run that a part of the backend did not survive. The run can be repeated once the backend is repaired.
import { VoirsError } from '../errors.js';

/** A run whose results are not to be used, for a cause that `Backend.repair` removes. */
export class BrokenRun extends VoirsError {}
