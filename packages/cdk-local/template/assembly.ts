import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A value of a CloudFormation template. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export interface TemplateResource {
	Type: string;
	Properties?: JsonObject;
	Condition?: string;
	DependsOn?: string | string[];
}

interface TemplateOutput {
	Value: Json;
	Condition?: string;
	Export?: { Name: Json };
}

/** The parts of a CloudFormation template that cdk-local reads. */
export interface Template {
	Parameters?: Record<string, { Type: string; Default?: Json }>;
	Mappings?: Record<string, Record<string, Record<string, Json>>>;
	Conditions?: Record<string, Json>;
	Resources: Record<string, TemplateResource>;
	Outputs?: Record<string, TemplateOutput>;
	Transform?: Json;
}

/** One stack of a synthesized cloud assembly. */
export interface AssemblyStack {
	name: string;
	/** From the stack's environment; null where the app leaves it open. */
	region: string | null;
	template: Template;
}

/** The output of `cdk synth`: stacks in the order of their dependencies, and the folders of their assets. */
interface Assembly {
	stacks: AssemblyStack[];
	/** The folder of each asset, by the object key that templates refer to. */
	assets: Map<string, string>;
}

interface Manifest {
	artifacts?: Record<
		string,
		{
			type: string;
			environment?: string;
			dependencies?: string[];
			displayName?: string;
			properties?: {
				templateFile?: string;
				file?: string;
				stackName?: string;
			};
		}
	>;
}

interface AssetsFile {
	files?: Record<
		string,
		{
			source?: { path?: string; packaging?: string };
			destinations: Record<string, { objectKey: string }>;
		}
	>;
}

function readJson<T>(file: string): T {
	try {
		return JSON.parse(readFileSync(file, "utf8")) as T;
	} catch (cause) {
		throw new Error(`The assembly file ${file} cannot be read: run cdk synth again.`, { cause });
	}
}

/** Reads the folder that `cdk synth` wrote. */
export function readAssembly(folder: string): Assembly {
	const { artifacts = {} } = readJson<Manifest>(join(folder, "manifest.json"));
	const stacks: AssemblyStack[] = [];
	const assets = new Map<string, string>();
	const visited = new Set<string>();

	const visit = (id: string) => {
		const artifact = artifacts[id];
		if (!artifact || visited.has(id)) return;
		visited.add(id);
		for (const dependency of artifact.dependencies ?? []) visit(dependency);
		if (artifact.type === "aws:cloudformation:stack") {
			stacks.push({
				name: artifact.properties?.stackName ?? artifact.displayName ?? id,
				region: regionOf(artifact.environment),
				template: readJson(join(folder, artifact.properties?.templateFile ?? "")),
			});
		} else if (artifact.type === "cdk:asset-manifest") {
			const { files = {} } = readJson<AssetsFile>(join(folder, artifact.properties?.file ?? ""));
			for (const { source, destinations } of Object.values(files)) {
				if (source?.packaging !== "zip" || !source.path) continue;
				for (const { objectKey } of Object.values(destinations)) {
					assets.set(objectKey, join(folder, source.path));
				}
			}
		} else if (artifact.type === "cdk:cloud-assembly") {
			throw new Error(
				`${id} in ${folder} is a nested assembly, which cdk-local does not run: keep every stack directly below the app.`,
			);
		}
	};
	for (const id of Object.keys(artifacts)) visit(id);
	return { stacks, assets };
}

function regionOf(environment = ""): string | null {
	const region = environment.split("/").at(-1) ?? "";
	return region === "" || region === "unknown-region" ? null : region;
}
