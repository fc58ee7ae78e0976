// make db-seed-golden: uploads the images of a folder as one user, waits until each is ready, and saves their reviewed analyses.
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { CollectionsClient } from "#client/index.ts";
import { step } from "#deployment/progress.ts";
import { type UploadedFile, uploadFiles } from "#deployment/upload-files.ts";
import { signIn } from "#deployment/users.ts";
import { demoPasswords, demoUsers } from "#tools/local/local-environment.ts";
import { outputs } from "../deploy/outputs-file.ts";
import { askPassword } from "../environment/confirm.ts";
import { operate, type Target } from "../environment/target.ts";

/** OCR of a screenshot takes a second or two, and two run at once. */
const secondsPerImage = 20;

await operate(async (target) => {
	const { DATASET } = process.env;
	if (!DATASET) {
		throw new Error(
			"DATASET is missing: run make db-seed-golden DATASET=folder, with images in the folder or in folder/images.",
		);
	}
	const files = await imagesIn(DATASET);
	const settings = await outputs(target);
	const { email, password } = await user(target);
	const session = await signIn(settings, email, password);
	const client = new CollectionsClient({ apiUrl: settings.ApiUrl, session });
	const results: UploadedFile[] = [];
	await step(`upload ${files.length} images`, async (update) => {
		results.push(...(await uploadFiles(client, files, (done) => update(done, files.length))));
	});
	const uploaded = results.flatMap((result) => ("id" in result ? [result] : []));
	// The API refused these; it accepted the others.
	const failed = results.flatMap((result) =>
		"problem" in result ? [`${path.basename(result.file)}: ${result.problem}`] : [],
	);
	/** The items that are ready, by the name of their file without its extension. */
	const ids = new Map<string, string>();
	await step("describe and embed them", async (update) => {
		for (const [index, { id, file }] of uploaded.entries()) {
			const settled = await client.settled(id, files.length * secondsPerImage);
			if (settled.status === "failed") failed.push(`${path.basename(file)}: ${settled.error?.detail}`);
			else ids.set(path.parse(file).name, id);
			update(index + 1, uploaded.length);
		}
	});
	const reviewed = await reviewedAnalyses(DATASET);
	const known = reviewed.filter(({ item_id }) => ids.has(item_id));
	if (known.length > 0) {
		await step(`save ${known.length} reviewed analyses`, async (update) => {
			for (const [index, entry] of known.entries()) {
				await client.call("POST", "/golden-dataset/save", { ...entry, item_id: ids.get(entry.item_id) });
				update(index + 1, known.length);
			}
		});
	}
	if (failed.length > 0) {
		throw new Error(`${failed.length} of ${files.length} images failed, the others are ready:\n${failed.join("\n")}`);
	}
	console.log(
		`\n${files.length} images of ${email} are ready in environment ${target.name}. Repeating this command changes nothing.`,
	);
});

async function imagesIn(folder: string): Promise<string[]> {
	for (const candidate of [path.join(folder, "images"), folder]) {
		const names = await readdir(candidate).catch((error: NodeJS.ErrnoException) => {
			if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
			throw error;
		});
		const images = names.filter((name) => /\.(jpe?g|png|webp|gif|avif|tiff?|heic)$/i.test(name));
		if (images.length > 0) {
			return images.sort().map((name) => path.join(candidate, name));
		}
	}
	throw new Error(`There are no images in ${folder} or ${folder}/images.`);
}

/** Reads the dataset's reviewed analyses; each names the image that it is of by the file's name. None where it has no such file. */
async function reviewedAnalyses(folder: string): Promise<{ item_id: string }[]> {
	try {
		return JSON.parse(await readFile(path.join(folder, "analyses.json"), "utf8"));
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
		throw error;
	}
}

async function user({ isLocal }: Target): Promise<{ email: string; password: string }> {
	const email = process.env.EMAIL || (isLocal ? demoUsers[0] : "");
	if (!email) {
		throw new Error("EMAIL is missing: name the user who shall own the images; make cognito-setup creates one.");
	}
	const known = process.env.PASSWORD || (isLocal && (await demoPasswords())[email]);
	return {
		email,
		password: known || (await askPassword(email)),
	};
}
