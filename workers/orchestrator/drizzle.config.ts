// drizzle-kit's settings: it compares the tables with the last migration and writes the next one.
import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "sqlite",
  schema: ["./src/store/sign-in-tables.ts", "./src/store/control-tables.ts"],
  out: "./migrations",
});
