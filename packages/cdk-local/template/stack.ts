import { createHash } from "node:crypto";
import { resourceTypes } from "../services/index.ts";
import type { Stores } from "../stores.ts";
import type { AssemblyStack, Json, JsonObject } from "./assembly.ts";
import { ignoredTypes } from "./ignored.ts";
import { holds, resolve, type Scope } from "./intrinsics.ts";
import type { Created } from "./resource.ts";

/** Runs one stack: creates its resources in the order of their references and computes its outputs. */
export class Stack {
	readonly #stack: AssemblyStack;
	readonly #stores: Stores;
	/** The exports of earlier stacks, by name; this stack adds its own. */
	readonly #exports: Map<string, Json>;
	readonly #created = new Map<string, Created>();
	readonly #creating: string[] = [];

	constructor(stack: AssemblyStack, stores: Stores, exports: Map<string, Json>) {
		this.#stack = stack;
		this.#stores = stores;
		this.#exports = exports;
		if (stack.template.Transform !== undefined) {
			throw new Error(`${stack.name} uses a Transform, which only CloudFormation can run.`);
		}
	}

	/** Creates every resource. @returns the outputs by their logical id */
	async create(): Promise<Record<string, Json>> {
		const { Resources, Outputs = {} } = this.#stack.template;
		for (const logicalId of Object.keys(Resources)) {
			if (await this.#exists(logicalId)) await this.#resource(logicalId);
		}
		const outputs: Record<string, Json> = {};
		for (const [name, output] of Object.entries(Outputs)) {
			await this.#located(`output ${name}`, async () => {
				if (output.Condition && !(await this.#condition(output.Condition))) {
					return;
				}
				const value = await resolve(output.Value, this.#scope);
				// The CDK's own exports are for later stacks only.
				if (!name.startsWith("ExportsOutput")) outputs[name] = value;
				if (output.Export) {
					const exported = await resolve(output.Export.Name, this.#scope);
					this.#exports.set(String(exported), value);
				}
			});
		}
		return outputs;
	}

	/** The created resources, as CloudFormation lists them. */
	get resources(): { logicalId: string; type: string; physicalId: string }[] {
		return [...this.#created].map(([logicalId, { ref }]) => ({
			logicalId,
			type: this.#stack.template.Resources[logicalId]?.Type ?? "",
			physicalId: ref,
		}));
	}

	async #exists(logicalId: string): Promise<boolean> {
		const condition = this.#stack.template.Resources[logicalId]?.Condition;
		return condition === undefined || this.#condition(condition);
	}

	async #resource(logicalId: string): Promise<Created> {
		const existing = this.#created.get(logicalId);
		if (existing) return existing;
		const resource = this.#stack.template.Resources[logicalId];
		if (!resource) {
			throw new Error(`there is no resource ${logicalId} in this stack`);
		}
		if (this.#creating.includes(logicalId)) {
			throw new Error(`${[...this.#creating, logicalId].join(" needs ")}: a cycle`);
		}
		this.#creating.push(logicalId);
		try {
			const created = await this.#located(`${logicalId} (${resource.Type})`, () =>
				this.#create(logicalId, resource.Type, resource.Properties ?? {}),
			);
			this.#created.set(logicalId, created);
			return created;
		} finally {
			this.#creating.pop();
		}
	}

	async #create(logicalId: string, type: string, properties: JsonObject): Promise<Created> {
		const stack = this.#stack.name;
		if (Object.hasOwn(ignoredTypes, type)) {
			return {
				ref: `${stack}-${logicalId}`,
				// Only other ignored resources read it: role ARNs, subnet ids.
				attribute: (name) => `arn:aws:local:::${stack}/${logicalId}/${name.toLowerCase()}`,
			};
		}
		const create = Object.hasOwn(resourceTypes, type) ? resourceTypes[type] : undefined;
		if (!create) {
			throw new Error(
				`cdk-local does not know the type ${type}: add it to a service in the folder stores, or with a reason to template/ignored.ts`,
			);
		}
		return create((await resolve(properties, this.#scope)) as JsonObject, {
			stores: this.#stores,
			stack,
			logicalId,
			physicalName: (maxLength) => physicalName(stack, logicalId, maxLength),
		});
	}

	async #condition(name: string): Promise<boolean> {
		const condition = this.#stack.template.Conditions?.[name];
		if (condition === undefined) {
			throw new Error(`there is no condition ${name} in this stack`);
		}
		return holds(condition, this.#scope);
	}

	/** Adds the stack and the element to an error, once. */
	async #located<T>(element: string, run: () => Promise<T>): Promise<T> {
		try {
			return await run();
		} catch (error) {
			if (error instanceof TemplateError) throw error;
			throw new TemplateError(`${this.#stack.name}, ${element}: ${error instanceof Error ? error.message : error}`, {
				cause: error,
			});
		}
	}

	readonly #scope: Scope = {
		ref: async (name) => {
			if (name.startsWith("AWS::")) return this.#pseudo(name);
			const parameter = this.#stack.template.Parameters?.[name];
			if (!parameter) return (await this.#resource(name)).ref;
			if (parameter.Default === undefined) {
				throw new Error(`parameter ${name} has no default value`);
			}
			return parameter.Default;
		},
		getAtt: async (logicalId, attribute) => {
			const created = await this.#resource(logicalId);
			const value = created.attributes?.[attribute] ?? created.attribute?.(attribute);
			if (value === undefined) {
				throw new Error(`cdk-local gives ${logicalId} no attribute ${attribute}`);
			}
			return value;
		},
		condition: (name) => this.#condition(name),
		mapping: (map, first, second) => {
			const value = this.#stack.template.Mappings?.[map]?.[first]?.[second];
			if (value === undefined) {
				throw new Error(`mapping ${map} has no ${first}.${second}`);
			}
			return value;
		},
		importValue: (name) => {
			const value = this.#exports.get(name);
			if (value === undefined) {
				throw new Error(`no stack before this one exports ${name}`);
			}
			return value;
		},
		availabilityZones: (region) => ["a", "b", "c"].map((zone) => (region || this.#region) + zone),
	};

	get #region() {
		return this.#stores.state.region;
	}

	#pseudo(name: string): Json {
		const { account } = this.#stores.state;
		switch (name) {
			case "AWS::AccountId":
				return account;
			case "AWS::Region":
				return this.#region;
			case "AWS::Partition":
				return "aws";
			case "AWS::URLSuffix":
				return "amazonaws.com";
			case "AWS::StackName":
				return this.#stack.name;
			case "AWS::StackId":
				return `arn:aws:cloudformation:${this.#region}:${account}:stack/${this.#stack.name}/local`;
			case "AWS::NotificationARNs":
				return [];
			default:
				throw new Error(`cdk-local does not know ${name}`);
		}
	}
}

/** A template needs something that cdk-local does not support. */
class TemplateError extends Error {
	override name = "TemplateError";
}

/** Returns the same name at every start: state is found by it. */
function physicalName(stack: string, logicalId: string, maxLength: number): string {
	const name = `${stack}-${logicalId}`;
	if (name.length <= maxLength) return name;
	const digest = createHash("sha256").update(name).digest("hex").slice(0, 8);
	return `${name.slice(0, maxLength - 9)}-${digest}`;
}
