// Builds the browser app to dist/, where the assets Worker finds it.
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Where the product listens that `vite` hands requests on to during development. */
const PRODUCT = process.env["ACOS_URL"] ?? "http://127.0.0.1:8787";

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwindcss()],
  build: { target: "es2023", modulePreload: { polyfill: false }, chunkSizeWarningLimit: 400 },
  server: {
    host: "127.0.0.1",
    proxy: { "/api": { target: PRODUCT }, "/ws": { target: PRODUCT, ws: true } },
  },
});
