import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CdkLocal, type CdkLocalOptions, cdkLocal } from "../index.ts";
import type { JsonObject, Template } from "../template/assembly.ts";

/** Writes an assembly of stacks by name, in this order, whose functions all have the same bundle. */
export function writeAssembly(
	folder: string,
	templates: Record<string, Template>,
	handlerSource = "export const handler = async (event) => event;",
): void {
	mkdirSync(join(folder, "asset.code"), { recursive: true });
	writeFileSync(join(folder, "asset.code", "handler.mjs"), handlerSource);
	const json = (file: string, value: unknown) => writeFileSync(join(folder, file), JSON.stringify(value));
	const artifacts: JsonObject = {};
	for (const [name, template] of Object.entries(templates)) {
		json(`${name}.template.json`, { ...template, Resources: { TestRole, ...template.Resources } });
		json(`${name}.assets.json`, {
			files: {
				code: { source: { path: "asset.code", packaging: "zip" }, destinations: { here: { objectKey: "code.zip" } } },
			},
		});
		artifacts[`${name}.assets`] = { type: "cdk:asset-manifest", properties: { file: `${name}.assets.json` } };
		artifacts[name] = {
			type: "aws:cloudformation:stack",
			environment: "aws://unknown-account/eu-central-1",
			dependencies: [`${name}.assets`],
			properties: { templateFile: `${name}.template.json` },
		};
	}
	json("manifest.json", { artifacts });
}

export interface TestApp extends CdkLocal {
	folder: string;
	/** Lines of the emulator's log. */
	lines: string[];
	/** Posts to `/_local/...`. */
	control(method: string, path: string, body?: unknown): Promise<Response>;
	/** Stops the app and deletes its state. */
	destroy(): Promise<void>;
}

/** Runs several stacks, by name, on free ports, with their own state folder. */
export async function startTestStacks(
	templates: Record<string, Template>,
	handlerSource?: string,
	options: Partial<CdkLocalOptions> = {},
): Promise<TestApp> {
	const folder = mkdtempSync(join(tmpdir(), "cdk-local-test-"));
	const lines: string[] = [];
	try {
		writeAssembly(join(folder, "cdk.out"), templates, handlerSource);
		const app = await cdkLocal({
			assembly: join(folder, "cdk.out"),
			stateDir: join(folder, "state"),
			port: 0,
			outputsFile: join(folder, "outputs.json"),
			log: (line) => void lines.push(line),
			...options,
		});
		return {
			...app,
			folder,
			lines,
			control: (method, path, body) =>
				fetch(`${app.endpoint}/_local/${path}`, {
					method,
					...(body !== undefined && { body: JSON.stringify(body) }),
				}),
			destroy: async () => {
				await app.stop();
				rmSync(folder, { recursive: true, force: true });
			},
		};
	} catch (error) {
		rmSync(folder, { recursive: true, force: true });
		throw error;
	}
}

/** The role of `testFunction`, which may do everything: its tests are not about policies. */
const TestRole = {
	Type: "AWS::IAM::Role",
	Properties: {
		AssumeRolePolicyDocument: {
			Statement: [
				{
					Effect: "Allow",
					Action: "sts:AssumeRole",
					Principal: { Service: ["lambda.amazonaws.com", "scheduler.amazonaws.com"] },
				},
			],
		},
		Policies: [
			{ PolicyName: "Everything", PolicyDocument: { Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] } },
		],
	},
};

/** Returns a function with the bundle of the assembly. */
export function testFunction(properties: JsonObject = {}) {
	return {
		Type: "AWS::Lambda::Function",
		Properties: {
			Code: { S3Bucket: "assets", S3Key: "code.zip" },
			Handler: "handler.handler",
			Runtime: "nodejs24.x",
			Role: { "Fn::GetAtt": ["TestRole", "Arn"] },
			Timeout: 10,
			...properties,
		},
	};
}
