// make migrate-legacy: carries the predecessor's items, analyses, vectors and pictures into an environment, or back out.
import { mkdir, writeFile } from "node:fs/promises";
import { s3Objects } from "#aws/objects.ts";
import { step } from "#deployment/progress.ts";
import { sharpImages } from "#images/sharp-images.ts";
import { demoUsers } from "#tools/local/local-environment.ts";
import { withDatabase } from "../database/with-database.ts";
import { outputs } from "../deploy/outputs-file.ts";
import { operate, type Target } from "../environment/target.ts";
import { subOf } from "../users/sub-of.ts";
import { migrate, rollBack } from "./migration.ts";
import { chromaFolder, readSource, type SourceFolders } from "./source.ts";
import { folderSha256, type Verification, verify } from "./verification.ts";

const reportFile = "reports/migrate-legacy.json";
/** Of ten neighbours, halves of vectors may exchange the last two where they are as near. */
const minOverlap = 0.98;

await operate(async (target) => {
	const { SOURCE, IMAGES, CHROMA, COLLECTION, DRY_RUN, ROLLBACK } = process.env;
	if (!SOURCE) {
		throw new Error("SOURCE is missing: run make migrate-legacy SOURCE=folder, with collections.db and chroma/ in it.");
	}
	const folders: SourceFolders = {
		source: SOURCE,
		images: IMAGES || undefined,
		chroma: CHROMA || undefined,
		collection: COLLECTION || undefined,
	};
	const email = emailOf(target);
	const before = folderSha256(chromaFolder(folders));
	const source = readSource(folders);
	const { items } = source;
	const counts = {
		items: items.length,
		analyses: source.analyses,
		unwrapped: items.reduce((sum, { analyses }) => sum + analyses.filter(({ wrapped }) => wrapped).length, 0),
		vectors: source.vectors,
		reviewed: items.filter(({ reviewed }) => reviewed).length,
	};
	const report: Record<string, unknown> = {
		environment: target.name,
		email,
		source: { ...folders, collection: source.collection, ...counts },
	};
	console.log(
		`${counts.items} items with ${counts.analyses} analyses and ${counts.vectors} vectors (${source.collection}) in ${SOURCE}.`,
	);
	const failures: string[] = [];
	if (DRY_RUN === "1") report.dryRun = true;
	else {
		const { BucketName } = await outputs(target);
		const userId = await subOf(target, email);
		const objects = s3Objects(BucketName, { ...target.client, forcePathStyle: target.isLocal });
		await withDatabase(target, async (database) => {
			const destination = { userId, database, objects };
			if (ROLLBACK === "1") {
				const { removed, kept } = await step("remove what was migrated", (update) =>
					rollBack(source, destination, update),
				);
				report.rollback = { removed: removed.length, kept };
				console.log(`${removed.length} items were removed with their objects.`);
				if (kept.length > 0) {
					failures.push(
						`${kept.length} items stay, since the person has edited them, put them into an album or had them analyzed since: ${kept.join(", ")}.`,
					);
				}
				return;
			}
			report.migrated = await step("copy pictures, rows and vectors", (update) =>
				migrate(source, destination, sharpImages(), update),
			);
			const verification = await step("read back and compare", () => verify(source, destination));
			report.verification = verification;
			failures.push(...differencesOf(verification));
			print(verification);
		});
	}
	const after = folderSha256(chromaFolder(folders));
	report.chroma = { files: before.files, sha256: before.sha256, unchanged: before.sha256 === after.sha256 };
	report.problems = source.problems;
	if (before.sha256 !== after.sha256)
		failures.push("The Chroma store changed meanwhile: stop the predecessor, and run this again.");
	failures.unshift(...source.problems);
	await mkdir("reports", { recursive: true });
	await writeFile(reportFile, `${JSON.stringify(report, null, 2)}\n`);
	console.log(`Written to ${reportFile}.`);
	if (failures.length > 0) throw new Error(failures.join("\n"));
});

function emailOf({ isLocal }: Target): string {
	const email = process.env.EMAIL || (isLocal ? demoUsers[0] : "");
	if (email) return email;
	throw new Error("EMAIL is missing: name the user who shall own the items; make cognito-setup creates one.");
}

function differencesOf(verification: Verification): string[] {
	const { neighbours, ...kinds } = verification;
	const differing = Object.entries(kinds).flatMap(([kind, { equal, source, stored }]) =>
		equal ? [] : [`The ${kind} differ: ${source} in the source, ${stored} as they are stored.`],
	);
	if (!neighbours) return [...differing, "No neighbours were compared: no item that was carried has a vector."];
	if (neighbours.meanOverlap >= minOverlap) return differing;
	return [
		...differing,
		`The ten nearest of a document's own vector overlap by ${neighbours.meanOverlap.toFixed(3)}, less than ${minOverlap}.`,
	];
}

function print({ neighbours, ...kinds }: Verification): void {
	for (const [kind, { stored, equal }] of Object.entries(kinds)) {
		console.log(`  ${kind.padEnd(10)} ${String(stored).padStart(7)}   ${equal ? "equal" : "DIFFERENT"}`);
	}
	if (!neighbours) return;
	console.log(
		`  The ${neighbours.topK} nearest of each of ${neighbours.documents} documents overlap by ${neighbours.meanOverlap.toFixed(3)} on average, ${neighbours.minOverlap.toFixed(2)} at least.`,
	);
}
