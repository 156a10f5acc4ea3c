/** The models that this package knows by name. `m2m models list` prints this table. */
import { InvalidInputError } from '../errors.ts';

export interface RegisteredModel {
  readonly name: string;
  /** Under models/, with `/`. */
  readonly file: string;
  /** Of the file, hexadecimal; loading refuses any other. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** One line: what it is for, and how good it is where. */
  readonly summary: string;
}

/** In the order of the listing; the first one is what `loadHydra()` takes. */
export const MODELS: readonly RegisteredModel[] = [
  {
    name: 'hydra-1',
    file: 'hydra-1/model.safetensors',
    sha256: '4d78434a7e3ab08f5c9fe6f7ba6ad221a96d1414de121ef218515632311e72de',
    sizeBytes: 8800487,
    summary: 'threat, route and codec of a text; a first version, trained on two CPU cores',
  },
];

/** @throws InvalidInputError  no model has this name; the message lists those there are */
export function findModel(name: string, models: readonly RegisteredModel[] = MODELS): RegisteredModel {
  const model = models.find((candidate) => candidate.name === name);
  if (model !== undefined) return model;
  const known = models.map((candidate) => candidate.name).join(', ') || 'none yet';
  throw new InvalidInputError(`no model is called ${JSON.stringify(name)}; known: ${known}`);
}
