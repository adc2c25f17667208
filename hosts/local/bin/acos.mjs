#!/usr/bin/env node
// What `npx acos` starts: the same program as `npm start`, which Node runs without a build.
import "../src/acos.ts";
