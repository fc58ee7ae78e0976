import { join } from "node:path";
import { readEnv } from "#lambda-kit/env.ts";
import { readInputs } from "./connect.ts";
import { migrateEnv } from "./env.ts";
import { migrateDatabase } from "./migrate-database.ts";

const env = readEnv(migrateEnv);
/** The build puts the numbered SQL files beside the bundle. */
const directory = join(import.meta.dirname, "migrations");

/** Invoked by hand or by a deployment, without input; safe to repeat. */
export const handler = async () => migrateDatabase(await readInputs(env, directory));
