// Where each bin of a 32-point real FFT is kept, for the generator of the kernels and the packer of their weights.

export const FFT_POINTS = 32;
/** The Nyquist bin; bins 0 to this one are kept. */
export const FFT_BINS = FFT_POINTS / 2;
/** Bins 0 and Nyquist are real, one plane each; every other bin takes three. */
export const FFT_PLANES = 2 + 3 * (FFT_BINS - 1);

/** First of the three planes of a bin between 0 and Nyquist (which are planes 0 and 1). */
export const fftPlane = (bin: number): number => 2 + 3 * (bin - 1);
