// The built-in tool `calculate`: arithmetic by a small recursive parser, with nothing to evaluate but numbers.

/** Longer expressions are no arithmetic a model wrote on purpose. */
const EXPRESSION_MAX_CHARS = 1_000;
/** Nested parentheses, signs and powers; keeps the recursion far from the stack's end. */
const DEPTH_MAX = 100;
/** Digits shown: a double is exact to 15, so 0.1 + 0.2 reads 0.3. */
const DIGITS = 15;

const FUNCTIONS: Readonly<Record<string, (values: readonly number[]) => number>> = {
  abs: one(Math.abs),
  acos: one(Math.acos),
  asin: one(Math.asin),
  atan: one(Math.atan),
  ceil: one(Math.ceil),
  cos: one(Math.cos),
  exp: one(Math.exp),
  floor: one(Math.floor),
  ln: one(Math.log),
  log: one(Math.log10),
  log10: one(Math.log10),
  log2: one(Math.log2),
  max: some((values) => Math.max(...values)),
  min: some((values) => Math.min(...values)),
  pow: two((base, exponent) => base ** exponent),
  round: (values) =>
    values.length === 2 ? roundTo(values[0] ?? 0, values[1] ?? 0) : one(Math.round)(values),
  sign: one(Math.sign),
  sin: one(Math.sin),
  sqrt: one(Math.sqrt),
  sum: some((values) => values.reduce((sum, value) => sum + value, 0)),
  tan: one(Math.tan),
  trunc: one(Math.trunc),
};
const CONSTANTS: Readonly<Record<string, number>> = { pi: Math.PI, e: Math.E, tau: 2 * Math.PI };

/** Why an expression has no value, in words for the model. */
export class CalculationError extends Error {
  override readonly name = "CalculationError";
}

/** Value of an arithmetic expression, as text. Throws CalculationError when it has none; never runs code. */
export function calculate(expression: string): string {
  if (expression.length > EXPRESSION_MAX_CHARS)
    throw new CalculationError(`The expression is longer than ${EXPRESSION_MAX_CHARS} characters.`);
  const parser = new Parser(lex(expression));
  const value = parser.whole();
  if (!Number.isFinite(value)) throw new CalculationError("The result is not a finite number.");
  return String(Number.isSafeInteger(value) ? value : Number(value.toPrecision(DIGITS)));
}

const LEXEME =
  /\s*(?:(\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)|([a-z][a-z0-9]*)|(\*\*|[-+*/%^(),]))/iy;

function lex(expression: string): readonly string[] {
  const text = expression.replaceAll("×", "*").replaceAll("÷", "/").replaceAll("−", "-").trimEnd();
  const lexemes: string[] = [];
  LEXEME.lastIndex = 0;
  while (LEXEME.lastIndex < text.length) {
    const at = LEXEME.lastIndex;
    const match = LEXEME.exec(text);
    if (match === null)
      throw new CalculationError(
        `"${text.slice(at, at + 10).trim()}" is not part of an arithmetic expression.`,
      );
    const lexeme = (match[1] ?? match[2] ?? match[3] ?? "").toLowerCase();
    lexemes.push(lexeme === "**" ? "^" : lexeme);
  }
  return lexemes;
}

/** Precedence, low to high: + -, then * / %, then a sign, then ^ (to the right), then a value. */
class Parser {
  readonly #lexemes: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(lexemes: readonly string[]) {
    this.#lexemes = lexemes;
  }

  whole(): number {
    const value = this.#sum();
    if (this.#at < this.#lexemes.length) throw this.#unexpected();
    return value;
  }

  #sum(): number {
    let value = this.#product();
    for (;;) {
      if (this.#take("+")) value += this.#product();
      else if (this.#take("-")) value -= this.#product();
      else return value;
    }
  }

  #product(): number {
    let value = this.#signed();
    for (;;) {
      if (this.#take("*")) value *= this.#signed();
      else if (this.#take("/")) value /= nonZero(this.#signed());
      else if (this.#take("%")) value %= nonZero(this.#signed());
      else return value;
    }
  }

  #signed(): number {
    this.#depth += 1;
    if (this.#depth > DEPTH_MAX) throw new CalculationError("The expression is nested too deeply.");
    const value = this.#take("-")
      ? -this.#signed()
      : this.#take("+")
        ? this.#signed()
        : this.#power();
    this.#depth -= 1;
    return value;
  }

  #power(): number {
    const base = this.#value();
    return this.#take("^") ? base ** this.#signed() : base;
  }

  #value(): number {
    const lexeme = this.#lexemes[this.#at];
    if (lexeme === undefined) throw new CalculationError("The expression ends too early.");
    if (this.#take("(")) return this.#closed();
    if (/^[\d.]/.test(lexeme)) return Number(this.#lexemes[this.#at++]);
    if (/^[a-z]/.test(lexeme)) return this.#named(lexeme);
    throw this.#unexpected();
  }

  #closed(): number {
    const value = this.#sum();
    if (!this.#take(")")) throw new CalculationError("A closing parenthesis is missing.");
    return value;
  }

  #named(name: string): number {
    this.#at += 1;
    if (Object.hasOwn(CONSTANTS, name)) return CONSTANTS[name] ?? Number.NaN;
    const call = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (call === undefined)
      throw new CalculationError(
        `There is no "${name}". Known: ${Object.keys(FUNCTIONS).join(", ")}, pi, e, tau.`,
      );
    if (!this.#take("("))
      throw new CalculationError(`${name} needs parentheses, as in ${name}(2).`);
    const values = [this.#sum()];
    while (this.#take(",")) values.push(this.#sum());
    if (!this.#take(")")) throw new CalculationError(`The parenthesis of ${name} is not closed.`);
    return call(values);
  }

  #take(lexeme: string): boolean {
    if (this.#lexemes[this.#at] !== lexeme) return false;
    this.#at += 1;
    return true;
  }

  #unexpected(): CalculationError {
    return new CalculationError(`"${this.#lexemes[this.#at]}" stands where it cannot.`);
  }
}

function nonZero(divisor: number): number {
  if (divisor === 0) throw new CalculationError("A division by zero has no result.");
  return divisor;
}

function one(compute: (value: number) => number): (values: readonly number[]) => number {
  return (values) => {
    const [value] = values;
    if (value === undefined || values.length !== 1)
      throw new CalculationError("A function of one value was given another number of values.");
    return compute(value);
  };
}

function two(compute: (a: number, b: number) => number): (values: readonly number[]) => number {
  return (values) => {
    const [a, b] = values;
    if (a === undefined || b === undefined || values.length !== 2)
      throw new CalculationError("A function of two values was given another number of values.");
    return compute(a, b);
  };
}

function some(
  compute: (values: readonly number[]) => number,
): (values: readonly number[]) => number {
  return compute;
}

function roundTo(value: number, places: number): number {
  const digits = Math.trunc(Math.max(-15, Math.min(15, places)));
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
