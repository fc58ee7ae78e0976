import { PutObjectCommand } from "@aws-sdk/client-s3";
import { check, type GrantScenario } from "./steps.ts";

/** Scenarios of the web app. */
export const webScenarios: GrantScenario[] = [
	{
		name: "the web app is served from its bucket",
		run: async ({ s3, outputs }) => {
			const shell = "<!doctype html>";
			const { WebBucketName: Bucket, WebUrl } = outputs;
			await s3.send(new PutObjectCommand({ Bucket: String(Bucket), Key: "index.html", Body: shell }));
			const answer = await fetch(String(WebUrl));
			check(answer.status === 200 && (await answer.text()) === shell, `the shell is served (${answer.status})`);
		},
	},
];
