import { Duration } from "aws-cdk-lib";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import {
	AllowedMethods,
	CachePolicy,
	Distribution,
	Function as EdgeFunction,
	FunctionCode,
	FunctionEventType,
	FunctionRuntime,
	HeadersFrameOption,
	HeadersReferrerPolicy,
	HttpVersion,
	PriceClass,
	ResponseHeadersPolicy,
	SecurityPolicyProtocol,
	ViewerProtocolPolicy,
} from "aws-cdk-lib/aws-cloudfront";
import { S3BucketOrigin } from "aws-cdk-lib/aws-cloudfront-origins";
import { BlockPublicAccess, Bucket, BucketEncryption } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import { acknowledge, EnvironmentStack, outlivesItsStack } from "../constructs/environment-stack.ts";
import type { Environment } from "../environments.ts";

/** The files of a build, whose names change with their content. Every other file may change under its name. */
const assets = "/assets/*";

/** Pages have paths without a dot; the one shell serves all of them. */
const toShell = `function handler(event) {
  if (!event.request.uri.includes(".")) event.request.uri = "/index.html";
  return event.request;
}`;

/** The web app: a private bucket behind CloudFront. It refers to no other stack, so that they may name its address. */
export class WebStack extends EnvironmentStack {
	/** The address of the app, an origin without a path. */
	readonly url: string;

	constructor(scope: Construct, environment: Environment, web: NonNullable<Environment["web"]>) {
		super(scope, "Web", environment);
		const bucket = new Bucket(this, "Site", {
			encryption: BucketEncryption.S3_MANAGED,
			enforceSSL: true,
			blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
			removalPolicy: outlivesItsStack(environment),
		});
		acknowledge(bucket, { "AwsSolutions-S1": "The files are those of a public page, read by CloudFront alone." });
		const headers = new ResponseHeadersPolicy(this, "Headers", {
			securityHeadersBehavior: {
				strictTransportSecurity: { accessControlMaxAge: Duration.days(365), includeSubdomains: false, override: true },
				contentTypeOptions: { override: true },
				frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
				referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
				// The shell has the rest, with the addresses of the environment; a frame's parent counts only in a header.
				contentSecurityPolicy: { contentSecurityPolicy: "frame-ancestors 'none'", override: true },
			},
		});
		const shown = {
			origin: S3BucketOrigin.withOriginAccessControl(bucket),
			viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
			responseHeadersPolicy: headers,
			allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
			compress: true,
		};
		const { domain } = web;
		const distribution = new Distribution(this, "Distribution", {
			comment: `Collections ${environment.name}`,
			defaultRootObject: "index.html",
			httpVersion: HttpVersion.HTTP2_AND_3,
			priceClass: PriceClass.PRICE_CLASS_100,
			defaultBehavior: {
				...shown,
				// A new build is seen at once, and nothing has to be invalidated.
				cachePolicy: CachePolicy.CACHING_DISABLED,
				functionAssociations: [
					{
						eventType: FunctionEventType.VIEWER_REQUEST,
						function: new EdgeFunction(this, "ToShell", {
							code: FunctionCode.fromInline(toShell),
							runtime: FunctionRuntime.JS_2_0,
						}),
					},
				],
			},
			additionalBehaviors: { [assets]: { ...shown, cachePolicy: CachePolicy.CACHING_OPTIMIZED } },
			...(domain && {
				domainNames: [domain.name],
				minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
				certificate: Certificate.fromCertificateArn(this, "Certificate", domain.certificateArn),
			}),
			...(web.webAclArn && { webAclId: web.webAclArn }),
		});
		acknowledge(distribution, {
			"AwsSolutions-CFR1": "People travel: no country is shut out.",
			"AwsSolutions-CFR2": "A firewall costs 5 dollars a month at least: web.webAclArn names one where it is wanted.",
			"AwsSolutions-CFR3": "A log of who reads a public page would be personal data that nobody needs.",
			...(!domain && {
				"AwsSolutions-CFR4": "CloudFront's own certificate has no other policy; web.domain brings one with TLS 1.2.",
			}),
		});
		const scheme = web.tls === "off" ? "http" : "https";
		this.url = `${scheme}://${domain?.name ?? distribution.distributionDomainName}`;

		this.output("WebUrl", this.url);
		this.output("WebDomainTarget", distribution.distributionDomainName);
		this.output("WebBucketName", bucket.bucketName);
		this.output("DistributionId", distribution.distributionId);
	}
}
