import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** The state of a simulated account: stacks, resources and quotas that no other test server can be set to. */
export interface Account {
	/** CloudFormation's status by stack; a stack that is not named does not exist. */
	stacks: Record<string, string>;
	/** The stacks have termination protection. */
	isProtected: boolean;
	/** Types of the resources that the stacks have. */
	resources: string[];
	/** Types of deleted resources that CloudFormation still lists. */
	removed: string[];
	/** Values by quota code; Service Quotas does not know a code that is not named. */
	limits: Record<string, number>;
	vpcs: number;
	addresses: number;
	/** Types of the running instances. */
	instances: string[];
	databases: number;
	/** Zones of eu-central-1, each with its type and state. */
	zones: Record<string, { type?: string; state?: string }>;
	/** Architectures by image. */
	images: Record<string, string>;
	/** The id that Amazon's parameter of the newest image has. */
	newestImage: string | null;
	/** The template of every stack. */
	template: object;
	/** RDS's word for the state of each. */
	databaseStatus: string;
	plan: "FREE" | "PAID";
	/** Models of Bedrock with a subscription. */
	subscriptions: string[];
	/** Anthropic's form is submitted. */
	form: boolean;
	/** Actions that are refused. */
	denied: string[];
}

export const emptyAccount = (): Account => ({
	stacks: {},
	isProtected: false,
	resources: [],
	removed: [],
	limits: {
		"L-F678F1CE": 5,
		"L-0263D0A3": 5,
		"L-1216C47A": 5,
		"L-7B6409FD": 40,
	},
	vpcs: 1,
	addresses: 0,
	instances: [],
	databases: 0,
	zones: { "eu-central-1a": {}, "eu-central-1b": {}, "eu-central-1c": {} },
	images: {},
	newestImage: null,
	template: {},
	databaseStatus: "available",
	plan: "PAID",
	subscriptions: [],
	form: false,
	denied: [],
});

/**
 * Answers requests to CloudFormation, EC2, RDS, Service Quotas, Free Tier, Bedrock and CloudWatch's alarms, in their
 * protocols, from a state that a test sets: no other test server can simulate a stuck stack, an exhausted quota or a plan.
 */
export async function serveAccount() {
	let account = emptyAccount();
	/** Alarms by name, with whether their actions are on. */
	const alarms = new Map<string, boolean>();
	const server = createServer(async (request, response) => {
		let body = "";
		for await (const part of request) body += part;
		const target = request.headers["x-amz-target"];
		const form = new URLSearchParams(body);
		const [, noun = "", model = ""] = decodeURIComponent(request.url ?? "").split("/");
		const action =
			String(target ?? form.get("Action") ?? restActions[noun])
				.split(".")
				.at(-1) ?? "";
		const json = target || restActions[noun];
		if (account.denied.includes(action)) {
			const message = `User: tester is not authorized to perform: ${action}`;
			response.writeHead(400);
			response.end(
				json
					? JSON.stringify({ __type: "AccessDeniedException", message })
					: action.startsWith("DescribeDB")
						? `<ErrorResponse><Error><Code>AccessDenied</Code><Message>${message}</Message></Error></ErrorResponse>`
						: `<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>${message}</Message></Error></Errors></Response>`,
			);
			return;
		}
		for (const [field, alarm] of form) {
			if (field.startsWith("AlarmNames.")) alarms.set(alarm, action === "EnableAlarmActions");
		}
		const { status = 200, text } = answer(account, action, { form, body, model });
		response.writeHead(status, {
			"content-type": json ? "application/x-amz-json-1.1" : "text/xml",
		});
		response.end(text);
	});
	await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	return {
		url,
		is: (state: Partial<Account>) => {
			account = { ...emptyAccount(), ...state };
		},
		alarms,
		/** Endpoint variables that send these services here. */
		variables: {
			AWS_ENDPOINT_URL_CLOUDFORMATION: url,
			...capacityAt(url),
		},
		/** All but the stacks. */
		capacity: capacityAt(url),
		close: () => void server.close(),
	};
}

const capacityAt = (url: string) => ({
	AWS_ENDPOINT_URL_EC2: url,
	AWS_ENDPOINT_URL_RDS: url,
	AWS_ENDPOINT_URL_SERVICE_QUOTAS: url,
	AWS_ENDPOINT_URL_FREETIER: url,
	AWS_ENDPOINT_URL_BEDROCK: url,
	AWS_ENDPOINT_URL_CLOUDWATCH: url,
});

/** Bedrock's actions by the first part of their path. */
const restActions: Record<string, string> = {
	"foundation-model-availability": "GetFoundationModelAvailability",
	"use-case-for-model-access": "GetUseCaseForModelAccess",
};

function answer(
	account: Account,
	action: string,
	{ form, body, model }: { form: URLSearchParams; body: string; model: string },
): { status?: number; text: string } {
	const members = (tag: string, list: string[]) => list.map((item) => `<${tag}>${item}</${tag}>`).join("");
	const many = (length: number, make: (index: number) => string) => Array.from({ length }, (_, index) => make(index));
	switch (action) {
		case "DescribeStacks": {
			const name = form.get("StackName") ?? "";
			const status = account.stacks[name];
			return status
				? {
						text: `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>${name}</StackName><StackStatus>${status}</StackStatus><CreationTime>2026-01-01T00:00:00Z</CreationTime><EnableTerminationProtection>${account.isProtected}</EnableTerminationProtection><Outputs/></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
					}
				: {
						status: 400,
						text: `<ErrorResponse><Error><Code>ValidationError</Code><Message>Stack with id ${name} does not exist</Message></Error></ErrorResponse>`,
					};
		}
		case "ListStackResources": {
			const [, part = ""] = /^Collections([A-Za-z]+)-/.exec(form.get("StackName") ?? "") ?? [];
			const isHere = (type: string) => (stacksOf[type] ?? ["DB"]).includes(part);
			const summary = (status: string) => (type: string) =>
				`<ResourceType>${type}</ResourceType><PhysicalResourceId>the-${type.split("::").at(-1)}</PhysicalResourceId><ResourceStatus>${status}</ResourceStatus>`;
			const summaries = [
				...account.resources.filter(isHere).map(summary("CREATE_COMPLETE")),
				...account.removed.filter(isHere).map(summary("DELETE_COMPLETE")),
			];
			return {
				text: `<ListStackResourcesResponse><ListStackResourcesResult><StackResourceSummaries>${members("member", summaries)}</StackResourceSummaries></ListStackResourcesResult></ListStackResourcesResponse>`,
			};
		}
		case "GetParameter": {
			const { Name } = JSON.parse(body);
			return account.newestImage && Name.includes("al2023")
				? { text: JSON.stringify({ Parameter: { Name, Value: account.newestImage } }) }
				: { status: 400, text: JSON.stringify({ __type: "ParameterNotFound" }) };
		}
		case "GetTemplate":
			return {
				text: `<GetTemplateResponse><GetTemplateResult><TemplateBody>${JSON.stringify(account.template)}</TemplateBody></GetTemplateResult></GetTemplateResponse>`,
			};
		case "DescribeImages": {
			const id = form.get("ImageId.1") ?? "";
			const architecture = account.images[id];
			return architecture
				? {
						text: `<DescribeImagesResponse><imagesSet>${members("item", [`<imageId>${id}</imageId><architecture>${architecture}</architecture>`])}</imagesSet></DescribeImagesResponse>`,
					}
				: {
						status: 400,
						text: `<Response><Errors><Error><Code>InvalidAMIID.NotFound</Code><Message>The image id '[${id}]' does not exist</Message></Error></Errors></Response>`,
					};
		}
		case "DescribeInstanceStatus": {
			const ok = "<status>ok</status>";
			const status = `<instanceId>${form.get("InstanceId.1")}</instanceId><instanceStatus>${ok}</instanceStatus><systemStatus>${ok}</systemStatus>`;
			return {
				text: `<DescribeInstanceStatusResponse><instanceStatusSet>${members("item", [status])}</instanceStatusSet></DescribeInstanceStatusResponse>`,
			};
		}
		case "DescribeVpcs":
			return {
				text: `<DescribeVpcsResponse><vpcSet>${members(
					"item",
					many(account.vpcs, (at) => `<vpcId>vpc-${at}</vpcId>`),
				)}</vpcSet></DescribeVpcsResponse>`,
			};
		case "DescribeAddresses":
			return {
				text: `<DescribeAddressesResponse><addressesSet>${members(
					"item",
					many(account.addresses, (at) => `<publicIp>192.0.2.${at}</publicIp>`),
				)}</addressesSet></DescribeAddressesResponse>`,
			};
		case "DescribeAvailabilityZones": {
			const zones = Object.entries(account.zones).map(
				([name, { type = "availability-zone", state = "available" }], at) =>
					`<zoneName>${name}</zoneName><zoneId>euc1-az${at + 1}</zoneId><zoneType>${type}</zoneType><zoneState>${state}</zoneState>`,
			);
			return {
				text: `<DescribeAvailabilityZonesResponse><availabilityZoneInfo>${members("item", zones)}</availabilityZoneInfo></DescribeAvailabilityZonesResponse>`,
			};
		}
		case "DescribeInstances": {
			// Two processors each: an x86 core runs two threads.
			const running = account.instances.map((type) => {
				const [cores, threads] = /^t3\./.test(type) ? [1, 2] : [2, 1];
				return `<instancesSet><item><instanceType>${type}</instanceType><cpuOptions><coreCount>${cores}</coreCount><threadsPerCore>${threads}</threadsPerCore></cpuOptions></item></instancesSet>`;
			});
			return {
				text: `<DescribeInstancesResponse><reservationSet>${members("item", running)}</reservationSet></DescribeInstancesResponse>`,
			};
		}
		case "DescribeDBInstances":
			return {
				text: `<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances>${members(
					"DBInstance",
					many(
						account.databases,
						(at) =>
							`<DBInstanceIdentifier>db-${at}</DBInstanceIdentifier><DBInstanceStatus>${account.databaseStatus}</DBInstanceStatus>`,
					),
				)}</DBInstances></DescribeDBInstancesResult></DescribeDBInstancesResponse>`,
			};
		case "GetServiceQuota": {
			const { QuotaCode } = JSON.parse(body);
			const Value = account.limits[QuotaCode];
			return Value === undefined
				? {
						status: 400,
						text: JSON.stringify({
							__type: "NoSuchResourceException",
							message: "not here",
						}),
					}
				: { text: JSON.stringify({ Quota: { QuotaCode, Value } }) };
		}
		case "GetAccountPlanState":
			return { text: JSON.stringify({ accountPlanType: account.plan, accountPlanStatus: "ACTIVE" }) };
		case "GetUseCaseForModelAccess":
			return account.form
				? { text: JSON.stringify({ formData: "e30=" }) }
				: { status: 404, text: JSON.stringify({ __type: "ResourceNotFoundException", message: "no form" }) };
		case "GetFoundationModelAvailability": {
			const status = account.subscriptions.includes(model) ? "AVAILABLE" : "NOT_AVAILABLE";
			return { text: JSON.stringify({ modelId: model, agreementAvailability: { status } }) };
		}
		case "EnableAlarmActions":
		case "DisableAlarmActions":
			return { text: `<${action}Response/>` };
		default:
			return { status: 400, text: `nothing answers ${action} here` };
	}
}

/** The stacks that have a type of resource; every other type is in the database's. */
const stacksOf: Record<string, string[]> = {
	"AWS::S3::Bucket": ["Storage", "Web"],
	"AWS::Cognito::UserPool": ["Storage"],
};
