// Configurations chosen by memory: the three presets, one by what the machine has free, and those the services use.
import { SynthesisConfig, type SynthesisConfigInput } from '../config.js';
import { availableMemory } from '../memory/readings.js';
import tiers from './memory-tiers.json' with { type: 'json' };

/** Names of the trade-off presets. */
export type MemoryPreset = 'memory' | 'performance' | 'balanced';
/** Levels of pressure of AdaptiveMemoryTTS, worst first. */
export type PressureLevel = 'critical' | 'high' | 'moderate' | 'low';

/** Settings as the table has them: SynthesisConfig checks them as it does anyone's. */
function settings(from: object): SynthesisConfigInput {
  return from as SynthesisConfigInput;
}

/** `memory` (slower), `performance` (more memory) or `balanced`; the rest from the environment and the defaults. */
export function memoryPreset(name: MemoryPreset, changes: SynthesisConfigInput = {}): SynthesisConfig {
  return new SynthesisConfig({ ...settings(tiers.presets[name]), ...changes });
}

/**
 * A configuration for the memory there is: below 1,024 MB, below 4,096 MB, or more.
 * @param availableBytes default: what this process can still have, of the machine and of its container.
 */
export function createMemoryEfficientConfig(availableBytes = availableMemory()): SynthesisConfig {
  const availableMb = availableBytes / 2 ** 20;
  const tier = tiers.efficient.find(({ belowMb }) => belowMb === undefined || availableMb < belowMb)!;
  return new SynthesisConfig(settings(tier.settings));
}

/** Where each level above the calm one begins. */
export const PRESSURE_STEPS = (['moderate', 'high', 'critical'] as const).map((level) => ({
  level,
  above: tiers.adaptive[level].above,
}));

/** The settings for a level of pressure. */
export function pressureSettings(level: PressureLevel): SynthesisConfigInput {
  return settings(tiers.adaptive[level].settings);
}

/** Shares of memory in use at which ProductionTTS cleans up, and makes do with its emergency settings. */
export const PRODUCTION = {
  emergencyAbove: tiers.production.emergencyAbove,
  degradeAbove: tiers.production.degradeAbove,
  emergency: settings(tiers.production.emergency),
} as const;
