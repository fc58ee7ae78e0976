import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deployWeb, goBack, type WebSite } from "#scripts/web/deploy-web.ts";
import { localClient } from "#tools/local/local-environment.ts";
import { operator, outputs } from "../../system/environment.ts";

// A deployed environment keeps the app that its people use.
describe.skipIf(!operator)("the web app", () => {
	const url = outputs.WebUrl ?? "";
	const { AwsEndpointUrl } = outputs;
	let folder: string;
	let site: WebSite;

	beforeAll(async () => {
		if (!operator) return;
		folder = await mkdtemp(path.join(tmpdir(), "collections-builds-"));
		site = { client: localClient(outputs, operator), outputs };
	});
	afterAll(() => rm(folder, { recursive: true, force: true }));

	/** Writes a build of three files, of which the script's name changes with the build, and deploys it. */
	async function deploy(build: number) {
		const at = path.join(folder, String(build));
		await mkdir(path.join(at, "assets"), { recursive: true });
		const script = `/assets/app-${build}.js`;
		await writeFile(path.join(at, "index.html"), `<meta charset="utf-8" /><script src="${script}"></script>`);
		await writeFile(path.join(at, script), `"build ${build}";`);
		await writeFile(path.join(at, "assets/shared-1.css"), "body { margin: 0 }");
		return deployWeb(at, site);
	}

	const shell = async () => (await fetch(url)).text();

	async function storedKeys(): Promise<string[]> {
		const s3 = new S3Client({ ...site.client, forcePathStyle: true });
		const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: outputs.WebBucketName ?? "" }));
		return Contents.map(({ Key = "" }) => Key);
	}

	test("that has no earlier build cannot go back, and says so", async () => {
		const sentence = "The web app of local has no earlier build: nothing was changed.";
		await expect(goBack(site)).rejects.toThrow(sentence);
		await deploy(1);
		await expect(goBack(site)).rejects.toThrow(sentence);
		expect(await shell()).toContain("app-1.js");
	});

	test("is served with its config, its headers, and a policy that names the environment's addresses", async () => {
		await deploy(1);
		const page = await fetch(`${url}/items/42`);
		expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
		expect(page.headers.get("cache-control")).toBe("no-cache");
		expect(page.headers.get("x-frame-options")).toBe("DENY");
		expect(page.headers.get("content-security-policy")).toBe("frame-ancestors 'none'");
		const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(await page.text())?.[1] ?? "";
		expect(policy).toContain("default-src 'none'; script-src 'self';");
		const sources = /connect-src 'self' ([^;]*)/.exec(policy)?.[1]?.split(" ");
		const addresses = [outputs.ApiUrl, outputs.StreamUrl ?? "", outputs.CognitoEndpoint, AwsEndpointUrl ?? ""];
		expect(sources).toEqual([...new Set(addresses.map((address) => new URL(address).origin))]);
		const script = await fetch(`${url}/assets/app-1.js`);
		expect(script.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
		expect(script.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
		expect(await (await fetch(`${url}/config.json`)).json()).toMatchObject({
			apiUrl: outputs.ApiUrl.replace(/\/$/, ""),
			streamUrl: outputs.StreamUrl,
			userPoolClientId: outputs.WebClientId,
			environment: "local",
		});
	});

	test("goes back to the build before, whose files are still there", async () => {
		const first = await deploy(1);
		await deploy(2);
		expect(await shell()).toContain("app-2.js");
		expect(await goBack(site)).toMatchObject({ id: first.id });
		expect(await shell()).toContain("app-1.js");
		expect(await (await fetch(`${url}/assets/app-1.js`)).text()).toBe('"build 1";');
	});

	test("keeps five builds: the sixth removes the files of the first alone", async () => {
		const first = await deploy(1);
		for (const build of [2, 3, 4, 5]) await deploy(build);
		const before = await storedKeys();
		expect(before).toContain("assets/app-1.js");
		const sixth = await deploy(6);
		const after = await storedKeys();
		expect(before.filter((key) => !after.includes(key)).sort()).toEqual([
			"assets/app-1.js",
			`releases/${first.id}/index.html`,
		]);
		expect(after.filter((key) => !before.includes(key)).sort()).toEqual([
			"assets/app-6.js",
			`releases/${sixth.id}/index.html`,
		]);
		expect(await (await fetch(`${url}/assets/shared-1.css`)).text()).toBe("body { margin: 0 }");
	});
});
