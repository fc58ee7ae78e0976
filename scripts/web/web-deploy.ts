// make web-deploy: builds the web app and puts it in force, or puts the build before back.
import { readOutputs } from "#deployment/outputs.ts";
import { demoLogin } from "#tools/local/local-environment.ts";
import { operate } from "../environment/target.ts";
import { buildWeb, webFolder } from "./build-web.ts";
import { deployWeb, goBack } from "./deploy-web.ts";

await operate(async ({ client, name, isLocal }) => {
	const outputs = await readOutputs(name);
	const site = { client, outputs, ...(isLocal && { demo: await demoLogin() }) };
	if (process.env.ROLLBACK === "1") {
		const { id, uploadedAt } = await goBack(site);
		console.log(`Build ${id} of ${uploadedAt} is in force again at ${outputs.WebUrl}.`);
		return;
	}
	await buildWeb();
	const { id } = await deployWeb(webFolder, site);
	console.log(
		`Build ${id} is in force at ${outputs.WebUrl}. Next: make web-deploy ENV=${name} ROLLBACK=1 puts the one before back.`,
	);
});
