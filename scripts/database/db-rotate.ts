// make db-rotate: sets new passwords for the application's and the migrations' role. RDS rotates the master's.

import { invokeFunction } from "#deployment/invoke-function.ts";
import { rotation } from "#lambdas/migrate/schedule.ts";
import { outputs } from "../deploy/outputs-file.ts";
import { confirm } from "../environment/confirm.ts";
import { operate } from "../environment/target.ts";

await operate(async (target) => {
	const { client, name } = target;
	const { MigrationFunctionName } = await outputs(target);
	await confirm(`Change the passwords of both Postgres roles of environment ${name}?`, "yes");
	const answer = await invokeFunction(client, MigrationFunctionName, rotation).catch((cause) => {
		throw new Error(
			`${(cause as Error).message}\nThe functions connect as before: remove the cause, then run make db-rotate ENV=${name} again; make lambda-logs ENV=${name} FUNC=migrate shows the log.`,
			{ cause },
		);
	});
	const { rotated } = answer as { rotated?: string[] };
	if (!rotated) {
		throw new Error(
			`The deployed migration function is of a release that cannot rotate: run make infra-deploy ENV=${name}, then this again.`,
		);
	}
	console.log(
		`The secrets name ${rotated.join(" and ")}, with new passwords; their former logins end with the next rotation.`,
	);
});
