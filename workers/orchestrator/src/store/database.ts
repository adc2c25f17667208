// D1 as typed tables: the handle every store function is given.
import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";

export type Database = DrizzleD1Database;

/** Opens the database of this deployable. Does not check that the migrations have run. */
export function openDatabase(binding: D1Database): Database {
  return drizzle(binding);
}

/** True when a write was refused because another one had taken the same key first. */
export function isTaken(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    if (cause.message.includes("UNIQUE constraint failed")) return true;
  return false;
}
