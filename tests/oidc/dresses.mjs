// How each vendor's provider differs from the standard, by the vendor's own documentation.
import { createHash, randomUUID } from 'node:crypto';

const TENANT = 'aaaabbbb-0000-cccc-1111-dddd2222eeee';
const ENTRA_CLIENT = '00001111-aaaa-2222-bbbb-3333cccc4444';
const asksOffline = (scopes) => scopes.includes('offline_access');

/** A claim that a token must have here, and does not show. */
function without(payload, name) {
  return Object.defineProperty(payload, name, { enumerable: false });
}

export const dresses = {
  // https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
  // https://learn.microsoft.com/entra/identity-platform/refresh-tokens: a used one is not revoked.
  entra: {
    path: `/${TENANT}/v2.0`,
    client: ENTRA_CLIENT,
    resource: `api://${ENTRA_CLIENT}`,
    apiScopes: `api://${ENTRA_CLIENT}/calls`,
    typ: 'JWT',
    rotates: false,
    revokes: false,
    refreshes: asksOffline,
    claims: { openid: ['sub', 'ver'], profile: ['name', 'oid', 'preferred_username', 'tid'] },
    person: (account) => ({
      name: '加藤 恵', oid: account, preferred_username: 'kato@yamada.example', tid: TENANT, ver: '2.0',
    }),
    accessToken: ({ standard, account, scopes }) => ({
      aud: standard.aud,
      iss: standard.iss,
      iat: standard.iat,
      nbf: standard.iat,
      exp: standard.exp,
      azp: standard.client_id,
      azpacr: '0',
      // "To receive this claim, use the profile scope": of each of the four.
      ...(scopes.includes('profile') && {
        name: '加藤 恵', oid: account, preferred_username: 'kato@yamada.example', tid: TENANT,
      }),
      scp: standard.scope.split(' ').map((scope) => scope.split('/').pop()).join(' '),
      // Another one for each application.
      sub: createHash('sha256').update(account + standard.client_id).digest('base64url'),
      uti: standard.jti,
      ver: '2.0',
    }),
  },

  // https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/
  // https://support.okta.com/help/s/article/the-purpose-of-id-token-hint-in-the-logout-api-and-how-does-it-affect-the-single-logout-process
  okta: {
    path: '/oauth2/default',
    client: '0oa1a2b3c4D5e6F7g8h9',
    audience: 'api://rokuban',
    // Not one of a URL: the identifier is this provider's own name for it.
    resource: 'urn:okta:default',
    refreshes: asksOffline,
    configuration: {
      routes: {
        authorization: '/v1/authorize', end_session: '/v1/logout', jwks: '/v1/keys', revocation: '/v1/revoke', token: '/v1/token',
      },
    },
    refuses: (path, query) => path === '/v1/logout' && !query.has('id_token_hint') && "The 'id_token_hint' parameter is missing.",
    claims: { openid: ['sub', 'ver', 'idp'] },
    person: () => ({ ver: 1, idp: '00o1a2b3c4' }),
    accessToken: ({ standard, account, scopes }) => ({
      ver: 1,
      jti: `AT.${standard.jti}`,
      iss: standard.iss,
      aud: standard.aud,
      iat: standard.iat,
      exp: standard.exp,
      cid: standard.client_id,
      uid: account,
      scp: scopes,
      sub: 'kato@yamada.example',
    }),
  },

  // https://developers.google.com/identity/openid-connect/openid-connect: an access token is no JWT.
  google: {
    client: '1234987819200.apps.googleusercontent.com',
    hasApi: false,
    claims: { openid: ['sub', 'azp', 'hd'], email: ['email', 'email_verified'] },
    person: () => ({
      azp: '1234987819200.apps.googleusercontent.com', hd: 'yamada.example', email: 'kato@yamada.example', email_verified: true,
    }),
  },

  // The pool that Google Workspace signs in through; `aud` is absent, and no scope asks for refresh tokens.
  // https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
  pool: {
    path: '/ap-northeast-1_company',
    client: '1example23456789',
    resource: 'urn:pool:company',
    refreshes: () => true,
    claims: { openid: ['sub', 'cognito:username', 'token_use'] },
    person: (account) => ({ 'cognito:username': `google_${account}`, token_use: 'id' }),
    accessToken: ({ standard, account }) =>
      without(
        {
          sub: randomUUID(),
          'cognito:groups': ['ap-northeast-1_company_google'],
          iss: standard.iss,
          version: 2,
          client_id: standard.client_id,
          origin_jti: randomUUID(),
          token_use: 'access',
          scope: 'openid',
          auth_time: standard.iat,
          exp: standard.exp,
          iat: standard.iat,
          jti: standard.jti,
          username: `google_${account}`,
          aud: standard.aud,
        },
        'aud',
      ),
  },

  // RFC 9068, as the provider makes it. It gives a refresh token only where consent is asked for: OpenID Connect Core 1.0, 11.
  standard: {
    client: 'rokuban',
    audience: 'https://api.rokuban.test',
  },
};
