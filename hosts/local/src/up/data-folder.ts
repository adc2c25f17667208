// The folder that holds everything that lasts: who may read it, where things are in it, and the keys made at first start.
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
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";

import { RefusedStart } from "../usage-error.ts";

export interface DataFolder {
  readonly path: string;
  /** Databases, KV and the groups' logs, in the runtime's own layout. */
  readonly state: string;
  /** One file per process that this owner started, named by its pid. */
  readonly running: string;
  /** The runtime's temporary files, of no use to the next owner. */
  readonly scratch: string;
}

export interface Keys {
  /** JSON array of private Ed25519 JWKs; the first signs. */
  readonly authority: string;
  /** Key-encryption key for secrets: 32 bytes, base64url. */
  readonly master: string;
  /** Secret of the sign-in library. */
  readonly auth: string;
}

const FOLDER_MODE = 0o700;
const KEY_MODE = 0o600;
/** 256 bits: more than anybody can guess. */
const SECRET_BYTES = 32;
const KEY_FILES = { authority: "ca.json", master: "master.key", auth: "auth.secret" } as const;

/** Tells where things are; creates nothing. */
export function locateDataFolder(path: string): DataFolder {
  return {
    path,
    state: join(path, "state"),
    running: join(path, "run"),
    scratch: join(path, "scratch"),
  };
}

/** Makes the folder and its parts where they are missing; only its owner may look in. Throws RefusedStart when it cannot. */
export function makeDataFolder(folder: DataFolder): void {
  try {
    for (const path of [folder.path, folder.state, folder.running])
      mkdirSync(path, { recursive: true, mode: FOLDER_MODE });
    chmodSync(folder.path, FOLDER_MODE);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new RefusedStart(
      `Cannot make the data folder ${folder.path}: ${text}. Choose another one with --data.`,
    );
  }
}

/** Empties the scratch folder and has temporary files made there: a process that is killed leaves its own behind. */
export function useScratch({ scratch }: DataFolder): void {
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true, mode: FOLDER_MODE });
  process.env["TMPDIR"] = scratch;
}

/**
 * Reads the keys, or makes all of them when the folder is new. One that is missing later is an error and never made
 * anew: what was sealed or signed with it would be lost without a word. Does not check that a key is well-formed.
 */
export async function openKeys(folder: DataFolder): Promise<Keys> {
  const at = (file: string) => join(folder.path, "keys", file);
  const missing = Object.values(KEY_FILES).filter((file) => !existsSync(at(file)));
  if (missing.length === Object.keys(KEY_FILES).length && !existsSync(at("made")))
    await makeKeys(at);
  else if (missing.length > 0)
    throw new RefusedStart(
      `${at(missing[0] ?? "")} is missing, and what it protects cannot be read without it. Bring it back from a backup.`,
    );
  const read = (file: string) => {
    chmodSync(at(file), KEY_MODE);
    return readFileSync(at(file), "utf8").trim();
  };
  return {
    authority: read(KEY_FILES.authority),
    master: read(KEY_FILES.master),
    auth: read(KEY_FILES.auth),
  };
}

async function makeKeys(at: (file: string) => string): Promise<void> {
  // Loaded at the first start only: no later one should wait for it.
  const { generateKeyPair, generateMasterKey } = await import("@acos/trust");
  const { privateJwk } = await generateKeyPair();
  mkdirSync(dirname(at("made")), { recursive: true, mode: FOLDER_MODE });
  writeDurably(at(KEY_FILES.authority), JSON.stringify([privateJwk]));
  writeDurably(at(KEY_FILES.master), generateMasterKey());
  writeDurably(at(KEY_FILES.auth), randomBytes(SECRET_BYTES).toString("base64url"));
  writeDurably(
    at("made"),
    "The keys of this folder were made once; a missing one is never made again.",
  );
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
