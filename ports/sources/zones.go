package sources

import "portolan"

// zoneOfState returns the time zone of the border of a state. Those that lie in two zones have all their crossings in one,
// except for Texas: El Paso and Hudspeth, west of 105 degrees, keep mountain time.
func zoneOfState(state string, longitude float64) (zone string, known bool) {
	if state == "TX" && longitude < -105 {
		return "America/Denver", true
	}
	zone, known = map[string]string{
		"AK": "America/Anchorage", "AZ": "America/Phoenix", "CA": "America/Los_Angeles", "ID": "America/Los_Angeles",
		"ME": "America/New_York", "MI": "America/Detroit", "MN": "America/Chicago", "MT": "America/Denver",
		"ND": "America/Chicago", "NM": "America/Denver", "NY": "America/New_York", "TX": "America/Chicago",
		"VT": "America/New_York", "WA": "America/Los_Angeles",
	}[state]
	return zone, known
}

// zoneOfAirport returns the time zone of an airport whose arrivals CBP publishes; empty if it is none of them.
func zoneOfAirport(code portolan.PortCode) string {
	return map[portolan.PortCode]string{
		"ANC": "America/Anchorage", "ATL": "America/New_York", "AUS": "America/Chicago", "BNA": "America/Chicago",
		"BOS": "America/New_York", "BWI": "America/New_York", "CLE": "America/New_York", "CLT": "America/New_York",
		"CVG": "America/New_York", "DEN": "America/Denver", "DFW": "America/Chicago", "DTW": "America/Detroit",
		"EWR": "America/New_York", "FAT": "America/Los_Angeles", "FLL": "America/New_York", "GUM": "Pacific/Guam",
		"HNL": "Pacific/Honolulu", "IAD": "America/New_York", "IAH": "America/Chicago", "JFK": "America/New_York",
		"LAS": "America/Los_Angeles", "LAX": "America/Los_Angeles", "MCO": "America/New_York", "MDW": "America/Chicago",
		"MIA": "America/New_York", "MSP": "America/Chicago", "OAK": "America/Los_Angeles", "ONT": "America/Los_Angeles",
		"ORD": "America/Chicago", "PBI": "America/New_York", "PDX": "America/Los_Angeles", "PHL": "America/New_York",
		"PHX": "America/Phoenix", "RDU": "America/New_York", "SAN": "America/Los_Angeles", "SAT": "America/Chicago",
		"SEA": "America/Los_Angeles", "SFB": "America/New_York", "SFO": "America/Los_Angeles", "SJC": "America/Los_Angeles",
		"SJU": "America/Puerto_Rico", "SLC": "America/Denver", "SMF": "America/Los_Angeles", "SNA": "America/Los_Angeles",
		"SPN": "Pacific/Saipan", "STL": "America/Chicago", "TPA": "America/New_York",
	}[code]
}
