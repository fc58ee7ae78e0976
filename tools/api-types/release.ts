// make api-release: the OpenAPI document as clients of this release know it. A later change that breaks them fails a test.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { apiDocument } from "./document.ts";

const output = "docs/openapi.json";
writeFileSync(output, JSON.stringify(await apiDocument(), null, "\t"));
execFileSync("biome", ["format", "--write", output], { stdio: "inherit" });
