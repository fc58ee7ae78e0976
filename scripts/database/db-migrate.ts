// make db-migrate: applies the migrations in the deployed migration function.

import { outputs } from "../deploy/outputs-file.ts";
import { operate } from "../environment/target.ts";
import { migrate } from "./migrate.ts";

await operate(async (target) => {
	const { MigrationFunctionName } = await outputs(target);
	await migrate(target.client, MigrationFunctionName, target.name);
});
