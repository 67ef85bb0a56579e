"""Those who are protected: enrolment, consent, credentials, guardians, devices."""
