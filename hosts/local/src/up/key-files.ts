// The installation's keys as files of the data folder: made at the first start, read for whoever serves, changed by a rotation.
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";

import { RefusedStart } from "../usage-error.ts";
import { FOLDER_MODE, type DataFolder } from "./data-folder.ts";

export interface Keys {
  /** JSON array of private Ed25519 JWKs; the first signs. */
  readonly authority: string;
  /** Key-encryption keys for secrets, a line each: 32 bytes, base64url; the first seals. */
  readonly master: string;
  /** Secret of the sign-in library. */
  readonly auth: string;
  /** Milliseconds since the epoch: data keys made before are replaced; 0 = none. */
  readonly dataKeysSince: number;
}

const KEY_MODE = 0o600;
/** 256 bits: more than anybody can guess. */
const SECRET_BYTES = 32;
const KEY_FILES = { authority: "ca.json", master: "master.key", auth: "auth.secret" } as const;
const SINCE_FILE = "data-keys.since";

export type RotatedKey = "authority" | "master" | "dataKeysSince";

/** The keys of one folder. Only the owner of the folder may change them. */
export class KeyFiles {
  readonly #at: (file: string) => string;

  private constructor(folder: DataFolder) {
    this.#at = (file) => join(folder.path, "keys", file);
  }

  /**
   * Finds the keys, or makes all of them when the folder is new. One that is missing later is an error and never made
   * anew: what was sealed or signed with it would be lost without a word. Does not check that a key is well-formed.
   */
  static async open(folder: DataFolder): Promise<KeyFiles> {
    const files = new KeyFiles(folder);
    const names = Object.values(KEY_FILES);
    const missing = names.filter((file) => !existsSync(files.#at(file)));
    if (missing.length === names.length && !existsSync(files.#at("made"))) await files.#make();
    else if (missing.length > 0)
      throw new RefusedStart(
        `${files.#at(missing[0] ?? "")} is missing, and what it protects cannot be read without it. Bring it back from a backup.`,
      );
    for (const file of names) chmodSync(files.#at(file), KEY_MODE);
    return files;
  }

  /** The keys as they are now. */
  read(): Keys {
    const text = (file: string) => readFileSync(this.#at(file), "utf8").trim();
    const since = existsSync(this.#at(SINCE_FILE)) ? Number(text(SINCE_FILE)) : 0;
    return {
      authority: text(KEY_FILES.authority),
      master: text(KEY_FILES.master),
      auth: text(KEY_FILES.auth),
      dataKeysSince: since,
    };
  }

  /** Puts another text in the place of a key; it is there whole after a power cut, or the old one is. */
  write(key: RotatedKey, text: string): void {
    writeDurably(this.#at(key === "dataKeysSince" ? SINCE_FILE : KEY_FILES[key]), text);
  }

  async #make(): Promise<void> {
    // Loaded at the first start only: no later one should wait for it.
    const { generateMasterKey, makeAuthorityKeys } = await import("@acos/trust");
    mkdirSync(dirname(this.#at("made")), { recursive: true, mode: FOLDER_MODE });
    this.write("authority", JSON.stringify(await makeAuthorityKeys()));
    this.write("master", generateMasterKey());
    writeDurably(this.#at(KEY_FILES.auth), randomBytes(SECRET_BYTES).toString("base64url"));
    writeDurably(
      this.#at("made"),
      "The keys of this folder were made once; a missing one is never made again.",
    );
  }
}

/** Writes a file that either is there whole after a power cut or is not there at all. */
function writeDurably(path: string, text: string): void {
  const draft = `${path}.draft`;
  const file = openSync(draft, "w", KEY_MODE);
  writeSync(file, `${text}\n`);
  fsyncSync(file);
  closeSync(file);
  renameSync(draft, path);
  const folder = openSync(dirname(path), "r");
  fsyncSync(folder);
  closeSync(folder);
}
