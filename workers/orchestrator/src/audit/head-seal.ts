// The seal on the end of an audit chain: whoever can write the database, but has no key of ours, can forge no end.
import { TrustError, type AuditMark, type SealedSecret } from "@acos/trust";

import { INSTALLATION, type Vault } from "../vault/vault.ts";

/** Seals where a chain ends, under a data key of the installation. */
export async function sealHead(vault: Vault, chain: string, head: AuditMark): Promise<string> {
  const secret = { ...nameOf(chain, head), plaintext: head.hash };
  return JSON.stringify(await vault.seal(INSTALLATION, secret));
}

/** Whether a seal was made by us for exactly this end of this chain. */
export async function isSealed(
  vault: Vault,
  chain: string,
  head: AuditMark & { readonly seal: string },
): Promise<boolean> {
  try {
    const sealed = JSON.parse(head.seal) as SealedSecret;
    return (await vault.open(INSTALLATION, { ...nameOf(chain, head), sealed })) === head.hash;
  } catch (error) {
    // What is no record of ours, or opens under another name only, seals nothing.
    if (error instanceof TrustError || error instanceof SyntaxError || error instanceof TypeError)
      return false;
    throw error;
  }
}

/** The seq stands where a secret's version does: an old seal is none for a later end. */
function nameOf(chain: string, { seq }: AuditMark) {
  return { name: `audit head ${chain}`, version: seq };
}
