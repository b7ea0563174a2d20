// Every way in which the hub itself fails to deliver, one row per fault, in order of precedence: if several
// apply, the first is returned. ERRORS.md is generated from these rows. Names are RFC 9209's where one exists.

export type Layer = 'hub' | 'http' | 'ocpi' | 'routing' | 'transport'
/** Whose side must act. */
export const SIDES = ['requester', 'responder', 'hub'] as const
export type Side = (typeof SIDES)[number]
/** Whether the request arrived at the responder: read off the stage of the connection, not guessed. */
export const REACHED = ['no', 'maybe', 'yes'] as const
export type Reached = (typeof REACHED)[number]
/** What the requester does next. */
export const RECOVERY_WORDS = [
  'correct',
  'authenticate',
  'wait',
  'check',
  'ask_responder',
  'ask_hub',
] as const
export type Recovery = (typeof RECOVERY_WORDS)[number]

export interface FaultRow {
  readonly layer: Layer
  readonly at: Side
  readonly reached: Reached
  /** HTTP status and OCPI status code towards a requester on 2.2.1 or newer. */
  readonly http: number
  readonly ocpi: number
  readonly recovery: Recovery
  /** What happened, for people: one clause, no final stop. */
  readonly when: string
  /** What an operator of the side `at` does about it: one sentence. */
  readonly advice: string
}

type Compact = readonly [Layer, Side, Reached, number, number, Recovery, string, string]

function row([layer, at, reached, http, ocpi, recovery, when, advice]: Compact): FaultRow {
  return { layer, at, reached, http, ocpi, recovery, when, advice }
}

// biome-ignore format: a table is read in columns
export const FAULTS = {
  hub_draining: row(['hub', 'hub', 'no', 503, 4000, 'wait', 'the hub is shutting down', 'Repeat on a new connection; a load balancer should follow /health/ready.']),
  hub_overloaded: row(['hub', 'hub', 'no', 503, 4000, 'wait', 'the hub has as much under way as it can take', 'Repeat after Retry-After; the operator raises limits.in_flight, for large bodies limits.held_requests, for one platform limits.pending_per_platform, or adds a hub.']),
  rate_limited: row(['hub', 'requester', 'no', 429, 2000, 'wait', 'the requester sends more than its route allows', 'Slow down and repeat after Retry-After; if wrong tokens were counted, with a valid one.']),
  http_request_error: row(['http', 'requester', 'no', 400, 2001, 'correct', 'the request is not well-formed HTTP', 'Mend the request line or headers; no header of routing or authorization may stand twice.']),
  token_missing: row(['ocpi', 'requester', 'no', 401, 2000, 'authenticate', 'there is no usable Authorization header', 'Send "Authorization: Token <credentials token in Base64>".']),
  token_unknown: row(['ocpi', 'requester', 'no', 401, 2000, 'authenticate', 'no platform has this credentials token', 'Use the token of the last credentials exchange; a used-up registration token is dead.']),
  token_not_for_this: row(['ocpi', 'requester', 'no', 401, 2000, 'authenticate', 'a registration token opens only versions and credentials', 'Finish the credentials handshake and use the token it gives.']),
  url_unknown: row(['http', 'requester', 'no', 404, 2000, 'correct', 'the hub has no such URL', 'Take URLs from the hub\'s version details.']),
  method_unsupported: row(['http', 'requester', 'no', 405, 2000, 'correct', 'the method is not supported here', 'See the Allow header.']),
  body_too_large: row(['http', 'requester', 'no', 413, 2001, 'correct', 'the request body is larger than the hub takes', 'Send less at once; the operator sets forwarding.max_request_body.']),
  body_not_json: row(['http', 'requester', 'no', 400, 2001, 'correct', 'the request body is not JSON', 'Send one JSON value in UTF-8.']),
  already_registered: row(['ocpi', 'requester', 'no', 405, 2000, 'correct', 'this platform is registered already', 'Use PUT to change credentials.']),
  not_registered: row(['ocpi', 'requester', 'no', 405, 2000, 'correct', 'this platform is not registered yet', 'Register with POST first.']),
  credentials_invalid: row(['ocpi', 'requester', 'no', 200, 2001, 'correct', 'the credentials object is not valid', 'Correct the member that status_message names.']),
  party_taken: row(['ocpi', 'requester', 'no', 200, 2001, 'ask_hub', 'another connected platform holds one of these parties in the same role', 'Ask the hub\'s operator which platform holds it.']),
  callback_failed: row(['ocpi', 'requester', 'no', 200, 3001, 'correct', 'the hub could not read the versions or details of the registering platform', 'Make the versions URL of the credentials reachable with the token in them.']),
  version_unsupported: row(['ocpi', 'requester', 'no', 200, 3002, 'correct', 'the platform does not offer the version it registers with', 'Register at the endpoint of a version that both sides offer.']),
  endpoints_missing: row(['ocpi', 'requester', 'no', 200, 3003, 'correct', 'the version details lack an endpoint that the hub needs', 'List credentials and at least one functional module.']),
  query_invalid: row(['ocpi', 'requester', 'no', 200, 2001, 'correct', 'a query parameter has a value that OCPI does not allow', 'Correct the parameter that status_message names.']),
  client_info_invalid: row(['ocpi', 'requester', 'no', 200, 2001, 'correct', 'the ClientInfo that a hub reports is not valid', 'Correct the member that status_message names.']),
  link_unknown: row(['ocpi', 'requester', 'no', 404, 2000, 'correct', 'this hub URL is unknown, has expired, or is not yours', 'Start again at the list or the request that gave the URL.']),
  link_contradicted: row(['ocpi', 'requester', 'no', 200, 2001, 'correct', 'the TO headers name another party than the URL stands for', 'Leave the TO headers out or repeat those of the first request.']),
  proxy_loop_detected: row(['routing', 'hub', 'no', 200, 4000, 'ask_hub', 'the request has passed this hub before', 'The operators of the hubs in the chain repair their routes.']),
  party_header_broken: row(['ocpi', 'requester', 'no', 200, 2001, 'correct', 'a routing header is missing its partner or has a wrong length', 'Send country code (2 characters) and party id (3 characters) together.']),
  from_ambiguous: row(['ocpi', 'requester', 'no', 200, 2001, 'correct', 'the FROM headers are missing and the platform has several parties', 'Send the OCPI-from headers.']),
  from_foreign: row(['ocpi', 'requester', 'no', 200, 2001, 'correct', 'the FROM party does not belong to the platform that sent the request', 'Use a party of your own credentials.']),
  hub_not_addressable: row(['ocpi', 'requester', 'no', 200, 2001, 'correct', 'the hub is addressed with something that is neither a broadcast push nor GET ALL', 'Address a party or leave the TO headers out.']),
  broadcast_refused: row(['ocpi', 'requester', 'no', 200, 2001, 'correct', 'this module is not for everybody', 'Address the one party it is for.']),
  owner_mismatch: row(['ocpi', 'requester', 'no', 200, 2001, 'correct', 'the owner in URL or body is not the sender of the broadcast', 'Push only objects of the FROM party.']),
  list_without_to: row(['ocpi', 'requester', 'no', 200, 2001, 'correct', 'a list was asked for without TO headers', 'Address a party, or the hub for the lists of all.']),
  to_unresolved: row(['routing', 'requester', 'no', 200, 4001, 'correct', 'without TO headers the receiver cannot be told from the content', 'Send the OCPI-to headers.']),
  to_unknown: row(['routing', 'requester', 'no', 200, 4001, 'correct', 'no such party is known to the hub', 'Take the address from HubClientInfo.']),
  to_denied: row(['routing', 'requester', 'no', 200, 4001, 'ask_hub', 'a route of the hub denies this exchange', 'Ask the hub\'s operator to allow it.']),
  to_not_connected: row(['routing', 'responder', 'no', 200, 4003, 'wait', 'the party is known but not connected; nothing was sent', 'Wait until HubClientInfo says CONNECTED.']),
  module_not_offered: row(['routing', 'responder', 'no', 200, 4000, 'ask_responder', 'the party has no endpoint for this module and interface', 'The party adds the endpoint to its version details.']),
  version_not_shared: row(['routing', 'responder', 'no', 200, 4000, 'ask_responder', 'the two parties speak different versions of OCPI', 'One of them connects with a version of the other.']),
  store_unavailable: row(['hub', 'hub', 'no', 200, 4000, 'wait', 'the hub cannot keep or look up what this request needs', 'The operator looks at the registry\'s store.']),
  destination_ip_prohibited: row(['transport', 'responder', 'no', 200, 4003, 'ask_responder', 'the party\'s URL is one the hub must not call', 'Use https and a public address, or the operator changes network.require_https or network.allow.']),
  dns_error: row(['transport', 'responder', 'no', 200, 4003, 'wait', 'the party\'s host name does not resolve', 'Repair the DNS record of the endpoint\'s host, or its name server; where it is so for several parties, the resolver of the hub\'s machine.']),
  destination_ip_unroutable: row(['transport', 'responder', 'no', 200, 4003, 'wait', 'there is no network route to the party', 'Look at routing and firewalls between hub and party.']),
  connection_refused: row(['transport', 'responder', 'no', 200, 4003, 'wait', 'the party refused the connection', 'Start the service, or correct the port in the version details.']),
  destination_unavailable: row(['transport', 'responder', 'no', 200, 4003, 'wait', 'the connection to the party failed', 'Look at the party\'s load balancer and its limits; where the hub allows no more requests, at why the party answers slowly, and the hub\'s operator raises limits.pending_per_platform, or max_in_flight of the route, only if it is fast and busy.']),
  connection_timeout: row(['transport', 'responder', 'no', 200, 4003, 'wait', 'the party did not accept the connection in time', 'Look at firewalls and load of the party.']),
  tls_certificate_error: row(['transport', 'responder', 'no', 200, 4003, 'ask_responder', 'the party\'s TLS certificate is not acceptable', 'Renew the certificate, complete its chain, correct the host name, or have it issued by a public authority.']),
  tls_protocol_error: row(['transport', 'responder', 'no', 200, 4003, 'ask_responder', 'the TLS handshake with the party failed', 'Serve TLS 1.2 or newer on the endpoint\'s port, without demanding a client certificate.']),
  requester_gone: row(['transport', 'requester', 'maybe', 499, 2000, 'check', 'the requester hung up before the answer', 'Raise the requester\'s own timeout above the hub\'s.']),
  connection_terminated: row(['transport', 'responder', 'maybe', 200, 4003, 'check', 'the connection broke while the party had not answered yet', 'Look in the party\'s log for the request id.']),
  http_response_timeout: row(['transport', 'responder', 'maybe', 200, 4002, 'check', 'the party did not answer in time', 'Look in the party\'s log for the request id; a route can set a longer timeout.']),
  http_protocol_error: row(['http', 'responder', 'maybe', 200, 4000, 'check', 'the party answered something that is not HTTP', 'Look at what listens on the endpoint\'s port.']),
  http_response_incomplete: row(['transport', 'responder', 'yes', 200, 4003, 'check', 'the connection broke in the middle of the answer', 'Look in the party\'s log for the request id.']),
  http_response_body_size: row(['http', 'responder', 'yes', 200, 4000, 'ask_responder', 'the answer is larger than the hub takes', 'Answer in pages, or the operator raises forwarding.max_response_body.']),
  token_rejected: row(['http', 'hub', 'yes', 200, 4003, 'ask_hub', 'the party refused the hub\'s own credentials token', 'The hub\'s operator renews the credentials with this party.']),
  credentials_refused: row(['ocpi', 'responder', 'yes', 200, 4000, 'ask_responder', 'the party refused the credentials exchange that the hub began', 'Look at the code it answered; its operator may have to issue a new registration token.']),
  connection_declined: row(['http', 'responder', 'yes', 200, 4003, 'ask_responder', 'the party declines the connection with the hub', 'Ask the party\'s operator to admit the hub; it owes no reason, and repeating does not help.']),
  responder_busy: row(['http', 'responder', 'yes', 200, 4000, 'wait', 'the party answered 429, too many requests', 'Repeat after Retry-After.']),
  responder_unavailable: row(['http', 'responder', 'maybe', 200, 4003, 'check', 'a gateway in front of the party answered 502 or 503', 'The party looks behind its own gateway.']),
  responder_timeout: row(['http', 'responder', 'maybe', 200, 4002, 'check', 'a gateway in front of the party answered 504 or 408', 'The party looks behind its own gateway.']),
  location_unknown: row(['http', 'requester', 'yes', 404, 2003, 'correct', 'the party answered 404 for this location', 'Read the list of locations again.']),
  token_uid_unknown: row(['http', 'requester', 'yes', 404, 2004, 'correct', 'the party answered 404 for this token', 'Read the list of tokens again.']),
  object_unknown: row(['http', 'requester', 'yes', 404, 2000, 'correct', 'the party answered 404 for this object', 'Read the list again.']),
  method_rejected: row(['http', 'requester', 'yes', 405, 2000, 'correct', 'the party answered 405, method not allowed', 'Use a method of the module\'s interface.']),
  endpoint_missing: row(['http', 'responder', 'yes', 200, 4000, 'ask_responder', 'the party answered 404 on its own endpoint', 'Correct the URL: an endpoint in the version details, a page in Link, or a response_url.']),
  answer_not_ocpi: row(['http', 'responder', 'yes', 200, 4000, 'ask_responder', 'the party answered without an OCPI envelope', 'Look at the party\'s application or the proxy in front of it.']),
  hub_failure: row(['hub', 'hub', 'maybe', 200, 4000, 'check', 'the hub failed by a fault of its own', 'The operator looks for the reference in the hub\'s log and reports it.']),
} as const satisfies Record<string, FaultRow>

export type FaultCode = keyof typeof FAULTS

export const FAULT_CODES = Object.keys(FAULTS) as readonly FaultCode[]

/** Whether `text` names a row. */
export function isFaultCode(text: string): text is FaultCode {
  return Object.hasOwn(FAULTS, text)
}

/** Recovery words with their meaning, as ERRORS.md and `explain` print them. */
export const RECOVERIES: Readonly<Record<Recovery, string>> = {
  correct: 'change the request, then repeat it',
  authenticate: 'get a valid credentials token',
  wait: 'nothing was done; repeat later',
  check: 'it may have been processed: GET before repeating (OCPI has no retries)',
  ask_responder: 'the operator of the receiving party must repair it',
  ask_hub: 'the operator of the hub must repair it',
}
