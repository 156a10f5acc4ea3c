/** A certificate that nobody vouches for, and its key: for tests alone, made by `openssl req -x509 -newkey ec`; valid for a hundred years. */
export const key: string = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgLwnRF4KY2G3LC5mo
KSo4KgRhcFK1Gi6hDNjE5f7rUMehRANCAATcC5t6JM4SofWaxjepn+gjOPczLruf
i9hIt/CjqDzJJQI6cpwfrmKTdk1e2o7tjrCDkF7/SUUP9gNt90AwBa1n
-----END PRIVATE KEY-----
`;
export const cert: string = `-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIUTdq+eSh6wnHtCbZZO7kWfcLTtUIwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzAxMjc0MloYDzIxMjYxMDMw
MDEyNzQyWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATcC5t6JM4SofWaxjepn+gjOPczLrufi9hIt/CjqDzJJQI6cpwfrmKT
dk1e2o7tjrCDkF7/SUUP9gNt90AwBa1no28wbTAdBgNVHQ4EFgQULLZQ0synNlYJ
6SThm2v3N77jX+8wHwYDVR0jBBgwFoAULLZQ0synNlYJ6SThm2v3N77jX+8wDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDRwAwRAIgCmDf9BLBzO2b/8HjpOAL/E0gJ0HJY6eaZIh822oMsKkCIGBU
SoA1E1QMucq/2+y0OIMUHfYwJ2ryoxUgpo3NbfaQ
-----END CERTIFICATE-----
`;
