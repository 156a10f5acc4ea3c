/** From the bytes of a model's file to a checked model and its identity. Reading the file is the caller's. */
import { ModelFormatError } from '../errors.ts';
import { type HydraModel, parseHydra } from './hydra.ts';
import { readSafetensors } from './safetensors.ts';

export interface LoadedHydra {
  readonly model: HydraModel;
  /** Of the file, hexadecimal; named in every verdict. */
  readonly sha256: string;
}

/**
 * Checks and reads a model. The model's arrays are views of `bytes`; do not change them afterwards.
 *
 * @param sha256 what the registry names; absent for a model that the user points at
 * @throws ModelFormatError  another file than `sha256` names, or no Hydra model
 */
export async function loadHydraModel(bytes: Uint8Array<ArrayBuffer>, sha256?: string): Promise<LoadedHydra> {
  const found = hex(await crypto.subtle.digest('SHA-256', bytes));
  if (sha256 !== undefined && found !== sha256) {
    throw new ModelFormatError(`model file: expected sha256 ${sha256}, found ${found}; fetch or install it again`);
  }
  return { model: parseHydra(readSafetensors(bytes)), sha256: found };
}

function hex(digest: ArrayBuffer): string {
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
