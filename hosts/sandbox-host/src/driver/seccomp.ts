// The system call filter of a sandbox, as a classic BPF program: everything is allowed but what the table refuses.
import { REFUSED_CALLS, type CallTable } from "./seccomp-tables.ts";

/** Instructions of linux/bpf_common.h. */
const LOAD_WORD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_AT_LEAST = 0x35;
const JUMP_ANY_BIT = 0x45;
const RETURN = 0x06;

/** Verdicts of linux/seccomp.h; a refusal carries its error number. */
export const ALLOW = 0x7fff_0000;
export const KILL = 0x8000_0000;
const refuse = (error: number): number => 0x0005_0000 | error;
const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

/** Offsets in `struct seccomp_data`; of an argument only the low half is looked at, which the kernel uses of these. */
const AT_NUMBER = 0;
const AT_ARCHITECTURE = 4;
const AT_FIRST_ARGUMENT = 16;
const AT_SECOND_ARGUMENT = 24;

/** TIOCSTI types into a terminal for its reader, TIOCLINUX pastes into a console. */
const TERMINAL_REQUESTS = [0x5412, 0x541c];
/** All CLONE_NEW* flags of linux/sched.h that `clone` takes. */
const NEW_NAMESPACES = 0x7e02_0000;
/** AF_UNIX, AF_INET, AF_INET6 and AF_NETLINK; a network namespace does not confine AF_VSOCK. */
const FAMILIES = [1, 2, 10, 16];

const INSTRUCTION_BYTES = 8;

interface Instruction {
  readonly code: number;
  readonly whenTrue: number;
  readonly whenFalse: number;
  readonly operand: number;
}

const load = (offset: number): Instruction => step(LOAD_WORD, offset);
const answer = (verdict: number): Instruction => step(RETURN, verdict);
/** Goes `whenTrue` instructions further where the comparison holds, else `whenFalse`. */
function step(code: number, operand: number, whenTrue = 0, whenFalse = 0): Instruction {
  return { code, whenTrue, whenFalse, operand: operand >>> 0 };
}

/** `body` for one call only; it ends in a verdict on every way. */
function onCall(number: number | undefined, body: readonly Instruction[]): Instruction[] {
  return number === undefined ? [] : [step(JUMP_EQUAL, number, 0, body.length), ...body];
}

function argumentIsOneOf(values: readonly number[], [is, isNot]: [number, number]): Instruction[] {
  const tests = values.map((value, index) => step(JUMP_EQUAL, value, values.length - index));
  return [...tests, answer(isNot), answer(is)];
}

/**
 * The program for one machine, ready for `bwrap --seccomp`. `clone3` answers ENOSYS, since its flags cannot be looked at:
 * the C library then calls `clone`.
 */
export function seccompFilter({ audit, x32From, numbers }: CallTable): Buffer {
  const refused = REFUSED_CALLS.flatMap((name) => onCall(numbers[name], [answer(refuse(EPERM))]));
  const program: readonly Instruction[] = [
    load(AT_ARCHITECTURE),
    step(JUMP_EQUAL, audit, 1),
    answer(KILL),
    load(AT_NUMBER),
    ...(x32From === null ? [] : [step(JUMP_AT_LEAST, x32From, 0, 1), answer(refuse(ENOSYS))]),
    ...refused,
    ...onCall(numbers.clone3, [answer(refuse(ENOSYS))]),
    ...onCall(numbers.ioctl, [
      load(AT_SECOND_ARGUMENT),
      ...argumentIsOneOf(TERMINAL_REQUESTS, [refuse(EPERM), ALLOW]),
    ]),
    ...onCall(numbers.clone, [
      load(AT_FIRST_ARGUMENT),
      step(JUMP_ANY_BIT, NEW_NAMESPACES, 0, 1),
      answer(refuse(EPERM)),
      answer(ALLOW),
    ]),
    ...onCall(numbers.socket, [
      load(AT_FIRST_ARGUMENT),
      ...argumentIsOneOf(FAMILIES, [ALLOW, refuse(EAFNOSUPPORT)]),
    ]),
    answer(ALLOW),
  ];
  return encoded(program);
}

function encoded(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * INSTRUCTION_BYTES);
  for (const [index, { code, whenTrue, whenFalse, operand }] of program.entries()) {
    const at = index * INSTRUCTION_BYTES;
    bytes.writeUInt16LE(code, at);
    bytes.writeUInt8(whenTrue, at + 2);
    bytes.writeUInt8(whenFalse, at + 3);
    bytes.writeUInt32LE(operand, at + 4);
  }
  return bytes;
}
