import { useQuery } from "@tanstack/react-query";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Failure, Loading } from "#web/ui/notice.tsx";
import { CodeField } from "./account-fields.tsx";
import { AccountForm } from "./account-form.tsx";
import { AuthenticatorSecret } from "./authenticator-secret.tsx";
import type { Challenge, Tokens } from "./cognito.ts";
import { beginSetUp, signInBySetUp } from "./second-factor.ts";

interface SetUpAuthenticatorProps {
	challenge: Challenge;
	onDone(next: Tokens | Challenge): Promise<void> | void;
}

/** Sets up an authenticator app where the pool demands one before the first tokens. */
export function SetUpAuthenticator({ challenge, onDone }: SetUpAuthenticatorProps) {
	const { t } = useLanguage();
	const { data, error } = useQuery({
		queryKey: ["set-up", challenge.session],
		// A session is valid once.
		staleTime: Number.POSITIVE_INFINITY,
		retry: false,
		queryFn: () => beginSetUp({ Session: challenge.session }),
	});
	if (error) return <Failure error={error} />;
	if (!data) return <Loading />;
	return (
		<AccountForm
			title={t("totp.title")}
			action={t("account.continue")}
			onSubmit={async ({ code = "" }) => onDone(await signInBySetUp(challenge, data, code.trim()))}
		>
			<AuthenticatorSecret email={challenge.email} secret={data.secret} />
			<CodeField label={t("account.totp.code")} />
		</AccountForm>
	);
}
