import { join } from "node:path";
import { readEnv } from "#lambda-kit/env.ts";
import { log } from "#lambda-kit/log.ts";
import { readInputs, rotationInputs } from "./connect.ts";
import { migrateEnv } from "./env.ts";
import { migrateDatabase } from "./migrate-database.ts";
import { rotatePasswords } from "./rotate-passwords.ts";
import { isRotation } from "./schedule.ts";

const env = readEnv(migrateEnv);
/** The build puts the numbered SQL files beside the bundle. */
const directory = join(import.meta.dirname, "migrations");

/** Migrates for a deployment or a person, and rotates the passwords for its schedule; both are safe to repeat. */
export const handler = async (event: unknown) => {
	if (!isRotation(event)) return migrateDatabase(await readInputs(env, directory));
	const report = await rotatePasswords(await rotationInputs(env));
	log.info("passwords rotated", { ...report });
	return report;
};
