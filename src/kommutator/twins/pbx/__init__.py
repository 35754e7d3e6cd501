"""A private real Asterisk, SIP phones and a provider, for the demo and the tests.

Start here: `install.install` puts Asterisk into a cache folder, `server.PrivateAsterisk` runs it,
`phone.Phone` and `provider.Provider` are the people at both ends, `demo.DemoOffice` is all of it.
"""
