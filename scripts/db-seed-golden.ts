// make db-seed-golden: uploads the images of a folder as one user, and waits until each is ready.
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { step } from "#cli/progress.ts";
import { type ItemBody, RestClient } from "#cli/rest-client.ts";
import { signIn } from "#cli/users.ts";
import { demoPasswords, demoUsers } from "./local.ts";
import { ask } from "./operate/confirm.ts";
import { outputs } from "./operate/outputs-file.ts";
import { operate, type Target } from "./operate/target.ts";

/** OCR of a screenshot takes a second or two, and two run at once. */
const secondsPerImage = 20;

await operate(async (target) => {
	const { DATASET } = process.env;
	if (!DATASET) {
		throw new Error(
			"DATASET is missing: make db-seed-golden DATASET=folder, with images in it or in its folder images.",
		);
	}
	const files = await imagesIn(DATASET);
	const settings = await outputs(target);
	const { email, password } = await user(target);
	const token = await signIn(settings, email, password);
	const client = new RestClient(settings.ApiUrl, token);
	const items: ItemBody[] = [];
	await step(`upload ${files.length} images`, async (update) => {
		for (const file of files) {
			const bytes = new Uint8Array(await readFile(file));
			items.push(await client.upload(path.basename(file), bytes));
			update(items.length, files.length);
		}
	});
	const failed: string[] = [];
	await step("describe and embed them", async (update) => {
		for (const [index, { id, filename }] of items.entries()) {
			const settled = await client.settled(id, files.length * secondsPerImage);
			if (settled.status === "failed") {
				failed.push(`${filename}: ${settled.error?.detail}`);
			}
			update(index + 1, items.length);
		}
	});
	if (failed.length > 0) {
		throw new Error(
			`${failed.length} of ${items.length} images failed:\n${failed.join("\n")}`,
		);
	}
	console.log(
		`\n${items.length} images of ${email} are ready in environment ${target.name}. The same again changes nothing.`,
	);
});

async function imagesIn(folder: string): Promise<string[]> {
	for (const candidate of [path.join(folder, "images"), folder]) {
		const names = await readdir(candidate).catch(
			(error: NodeJS.ErrnoException) => {
				if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
				throw error;
			},
		);
		const images = names.filter((name) =>
			/\.(jpe?g|png|webp|gif|avif|tiff?|heic)$/i.test(name),
		);
		if (images.length > 0) {
			return images.sort().map((name) => path.join(candidate, name));
		}
	}
	throw new Error(`There are no images in ${folder} or ${folder}/images.`);
}

async function user({
	isLocal,
}: Target): Promise<{ email: string; password: string }> {
	const email = process.env.EMAIL || (isLocal ? demoUsers[0] : "");
	if (!email) {
		throw new Error(
			"EMAIL is missing: whose images shall these be? make cognito-setup creates a user.",
		);
	}
	const known =
		process.env.PASSWORD || (isLocal && (await demoPasswords())[email]);
	return {
		email,
		password:
			known ||
			(await ask(`Password of ${email}: `, {
				hidden: true,
				remedy: "PASSWORD must be set in the environment",
			})),
	};
}
