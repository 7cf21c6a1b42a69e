// One provider in one dress, on a free port of loopback.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

import Provider from 'oidc-provider';

// Node 20.15 has no such function yet.
URL.parse ??= (text, base) => (URL.canParse(text, base) ? new URL(text, base) : null);

const ORIGIN = 'https://rokuban.test';

/** Starts it; gives what a stack's parameters would name. */
export async function serve(dress) {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${server.address().port}`;
  const path = dress.path ?? '';
  const issuer = origin + path;
  // What was asked for at each sign-in, by its nonce: vendors give refresh tokens without asking for consent each time,
  // and the standard's own scopes are filtered before the tokens are made.
  const asked = new Map();
  const provider = new Provider(issuer, configuration(dress, issuer, asked));
  const handle = provider.callback();
  server.on('request', (request, response) => {
    const url = new URL(request.url, origin);
    if (url.searchParams.has('nonce')) asked.set(url.searchParams.get('nonce'), url.searchParams.get('scope').split(' '));
    if (!url.pathname.startsWith(`${path}/`)) {
      response.writeHead(404).end();
      return;
    }
    const refusal = dress.refuses?.(url.pathname.slice(path.length), url.searchParams);
    if (refusal) {
      response.writeHead(400, { 'content-type': 'text/plain' }).end(refusal);
      return;
    }
    if (path) {
      request.originalUrl = request.url;
      request.url = request.url.slice(path.length);
    }
    handle(request, response);
  });
  return { issuer, client: dress.client, audience: dress.audience ?? dress.client };
}

function configuration(dress, issuer, asked) {
  const scopesOf = (ctx) => {
    const source = ctx.oidc.entities.AuthorizationCode ?? ctx.oidc.entities.RefreshToken;
    return asked.get(source.nonce) ?? [];
  };
  return {
    clients: [
      {
        client_id: dress.client,
        // A public client, registered as an app on a device: the console's address and loopback.
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        redirect_uris: [`${ORIGIN}/signed-in`, 'http://localhost:8399/signed-in'],
        post_logout_redirect_uris: [`${ORIGIN}/signed-out`],
      },
    ],
    jwks: { keys: [signingKey()] },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    // The shortest that Entra ID, Okta and the template's own pool give.
    ttl: {
      AccessToken: 900, AuthorizationCode: 60, IdToken: 900, RefreshToken: 43_200, Interaction: 600, Session: 43_200, Grant: 43_200,
    },
    scopes: ['openid', 'offline_access'],
    claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'], ...dress.claims },
    conformIdTokenClaims: false,
    findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId, ...dress.person?.(accountId) }) }),
    rotateRefreshToken: dress.rotates ?? true,
    expiresWithSession: () => false,
    ...(dress.refreshes && { issueRefreshToken: (ctx) => dress.refreshes(scopesOf(ctx)) }),
    ...dress.configuration,
    features: {
      revocation: { enabled: dress.revokes ?? true },
      resourceIndicators: {
        enabled: dress.hasApi ?? true,
        defaultResource: () => dress.resource ?? dress.audience ?? dress.client,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: dress.apiScopes ?? '',
          audience: dress.audience ?? dress.client,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    ...(dress.accessToken && {
      formats: {
        customizers: {
          jwt: (ctx, token, jwt) => {
            jwt.header = { typ: dress.typ };
            jwt.payload = dress.accessToken({ standard: jwt.payload, account: token.accountId, scopes: scopesOf(ctx) });
          },
        },
      },
    }),
  };
}

function signingKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig', kid: randomBytes(8).toString('hex') };
}
