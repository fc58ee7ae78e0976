import { createHash } from "node:crypto";
import { z } from "zod";
import { boolean, ignored, number, resource, tags } from "../../template/resource.ts";
import type { Behavior } from "./store.ts";

/** The managed cache policies, by id, with whether they keep compressed copies. */
const cachePolicies: Record<string, { compresses: boolean }> = {
	/** CachingOptimized */
	"658327ea-f89d-4fab-a63d-7e88639e58f6": { compresses: true },
	/** CachingDisabled */
	"4135ea2d-6df8-44a3-9df3-4b5a84be39ad": { compresses: false },
};

const readMethods = z.array(z.enum(["GET", "HEAD"]));

const behavior = {
	TargetOriginId: z.string(),
	CachePolicyId: z.enum(Object.keys(cachePolicies)),
	Compress: boolean.default(false),
	ResponseHeadersPolicyId: z.string().optional(),
	FunctionAssociations: z
		.array(z.strictObject({ EventType: z.literal("viewer-request"), FunctionARN: z.string() }))
		.max(1)
		.default([]),
	AllowedMethods: readMethods.optional(),
	CachedMethods: readMethods.optional(),
	ViewerProtocolPolicy: ignored("there is no TLS on one machine"),
};

const origin = z.strictObject({
	Id: z.string(),
	DomainName: z.string().regex(/^[^.]+\.s3\./, "only buckets are origins here"),
	OriginAccessControlId: z.string().optional(),
	S3OriginConfig: z.strictObject({ OriginAccessIdentity: z.literal("").default("") }).prefault({}),
});

const forPeople = ignored("for people");
const noInternet = ignored("the distribution is on loopback");

export const distribution = resource(
	{
		DistributionConfig: z.strictObject({
			Enabled: boolean.pipe(z.literal(true)),
			DefaultRootObject: z.string().optional(),
			Origins: z.array(origin).min(1),
			DefaultCacheBehavior: z.strictObject(behavior),
			CacheBehaviors: z.array(z.strictObject({ PathPattern: z.string(), ...behavior })).default([]),
			Comment: forPeople,
			HttpVersion: noInternet,
			IPV6Enabled: noInternet,
			PriceClass: noInternet,
			Aliases: noInternet,
			ViewerCertificate: noInternet,
			WebACLId: noInternet,
		}),
		Tags: tags,
	},
	async ({ DistributionConfig: config }, { stores: { distributions }, stack, logicalId }) => {
		const toBehavior = (
			{ TargetOriginId, CachePolicyId, Compress, ResponseHeadersPolicyId, FunctionAssociations }: BehaviorProperties,
			pathPattern: string | null,
		): Behavior => {
			const target = config.Origins.find(({ Id }) => Id === TargetOriginId);
			if (!target) throw new Error(`there is no origin ${TargetOriginId}`);
			const [edge] = FunctionAssociations;
			return {
				pathPattern,
				bucket: target.DomainName.slice(0, target.DomainName.indexOf(".s3.")),
				signs: target.OriginAccessControlId !== undefined,
				compresses: Compress && (cachePolicies[CachePolicyId]?.compresses ?? false),
				viewerRequest: edge ? known(distributions.functions, edge.FunctionARN) : null,
				headers: ResponseHeadersPolicyId ? known(distributions.headers, ResponseHeadersPolicyId) : {},
			};
		};
		const id = idOf("E", `${stack}/${logicalId}`);
		const domainName = await distributions.serve({
			id,
			defaultRootObject: config.DefaultRootObject ?? null,
			behaviors: [
				...config.CacheBehaviors.map((each) => toBehavior(each, each.PathPattern)),
				toBehavior(config.DefaultCacheBehavior, null),
			],
		});
		return { ref: id, attributes: { Id: id, DomainName: domainName } };
	},
);

type BehaviorProperties = z.infer<z.ZodObject<typeof behavior>>;

export const originAccessControl = resource(
	{
		OriginAccessControlConfig: z.strictObject({
			Name: z.string(),
			OriginAccessControlOriginType: z.literal("s3"),
			SigningBehavior: z.literal("always"),
			SigningProtocol: z.literal("sigv4"),
			Description: forPeople,
		}),
	},
	(_, { stack, logicalId }) => {
		const id = idOf("E", `${stack}/${logicalId}`);
		return { ref: id, attributes: { Id: id } };
	},
);

const override = { Override: boolean.pipe(z.literal(true, "the origin's own header would win")) };

export const responseHeadersPolicy = resource(
	{
		ResponseHeadersPolicyConfig: z.strictObject({
			Name: z.string(),
			Comment: forPeople,
			SecurityHeadersConfig: z
				.strictObject({
					ContentSecurityPolicy: z.strictObject({ ContentSecurityPolicy: z.string(), ...override }).optional(),
					ContentTypeOptions: z.strictObject(override).optional(),
					FrameOptions: z.strictObject({ FrameOption: z.string(), ...override }).optional(),
					ReferrerPolicy: z.strictObject({ ReferrerPolicy: z.string(), ...override }).optional(),
					StrictTransportSecurity: z
						.strictObject({
							AccessControlMaxAgeSec: number,
							IncludeSubdomains: boolean.default(false),
							Preload: boolean.default(false),
							...override,
						})
						.optional(),
				})
				.prefault({}),
		}),
	},
	({ ResponseHeadersPolicyConfig: { SecurityHeadersConfig: security } }, { stores, stack, logicalId }) => {
		const { StrictTransportSecurity: hsts } = security;
		const headers = {
			"content-security-policy": security.ContentSecurityPolicy?.ContentSecurityPolicy,
			"x-content-type-options": security.ContentTypeOptions && "nosniff",
			"x-frame-options": security.FrameOptions?.FrameOption,
			"referrer-policy": security.ReferrerPolicy?.ReferrerPolicy,
			"strict-transport-security":
				hsts &&
				[
					`max-age=${hsts.AccessControlMaxAgeSec}`,
					...(hsts.IncludeSubdomains ? ["includeSubDomains"] : []),
					...(hsts.Preload ? ["preload"] : []),
				].join("; "),
		};
		const id = idOf("", `${stack}/${logicalId}`);
		stores.distributions.headers.set(
			id,
			Object.fromEntries(Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined)),
		);
		return { ref: id, attributes: { Id: id } };
	},
);

export const edgeFunction = resource(
	{
		Name: z.string(),
		FunctionCode: z.string(),
		FunctionConfig: z.strictObject({ Runtime: z.enum(["cloudfront-js-1.0", "cloudfront-js-2.0"]), Comment: forPeople }),
		AutoPublish: boolean.pipe(z.literal(true)),
		Tags: tags,
	},
	({ Name, FunctionCode }, { stores: { distributions, state } }) => {
		const arn = `arn:aws:cloudfront::${state.account}:function/${Name}`;
		distributions.functions.set(arn, FunctionCode);
		return { ref: Name, attributes: { FunctionARN: arn, "FunctionMetadata.FunctionARN": arn } };
	},
);

function known<T>(values: ReadonlyMap<string, T>, id: string): T {
	const value = values.get(id);
	if (value === undefined) throw new Error(`there is no ${id}`);
	return value;
}

/** Returns an id that a restart finds again. */
const idOf = (prefix: string, seed: string): string =>
	prefix + createHash("sha256").update(seed).digest("hex").slice(0, 13).toUpperCase();
